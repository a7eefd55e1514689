// A broken rule of one item of a bulk request.
export interface ItemFault {
  code: string;
  detail: string;
  /** Pointer inside the item; '' = the item as a whole. */
  field: string;
}

export function isItemFault(value: object): value is ItemFault {
  return 'code' in value && 'detail' in value && 'field' in value;
}
