// Fields of multipart/form-data (RFC 7578), as `curl -F` sends them: each is counted when it is
// met, so that a body of a million parts costs no more than one with one part too many.
export type MultipartFault = 'malformed' | 'file' | 'too many fields';

/** The fields in their order, or why there are none. */
export function multipartFields(
  body: Buffer,
  contentType: string,
  fieldsMax: number,
): [name: string, value: string][] | MultipartFault {
  const boundary = boundaryOf(contentType);
  if (boundary === null) return 'malformed';
  const mark = Buffer.from(`\r\n--${boundary}`, 'latin1');
  const fields: [string, string][] = [];
  let at = startOf(body, mark);
  while (at >= 0 && body.toString('latin1', at, at + 2) !== '--') {
    if (fields.length === fieldsMax) return 'too many fields';
    const from = lineEnd(body, at);
    const next = from < 0 ? -1 : body.indexOf(mark, from - 2);
    const field = next < 0 ? 'malformed' : fieldIn(body, from, next);
    if (typeof field === 'string') return field;
    fields.push(field);
    at = next + mark.length;
  }
  return at < 0 ? 'malformed' : fields;
}

/** The parameter of that very name, quoted or not. */
export function boundaryOf(contentType: string): string | null {
  PARAMETER.lastIndex = contentType.indexOf(';');
  if (PARAMETER.lastIndex < 0) return null;
  for (let found = PARAMETER.exec(contentType); found; found = PARAMETER.exec(contentType)) {
    const [, name = '', quoted, plain] = found;
    if (name.toLowerCase() !== 'boundary') continue;
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
    return BOUNDARY.test(value) ? value : null;
  }
  return null;
}

const PARAMETER = /\s*;\s*(?:([^\s=;"]+)=(?:"((?:[^"\\]|\\.)*)"|([^;"\s]*)))?\s*(?=;|$)/gy;
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=? ]{1,70}$/;
const NAME =
  /^content-disposition:\s*form-data\s*(?:;[^\r\n]*?)?;\s*name=(?:"([^"\r\n]*)"|([^;\s]+))/im;
const FILE = /^content-disposition:[^\r\n]*;\s*filename\*?=/im;
/** Of one part; a name and a type are a tenth of it. */
const HEADER_BYTES_MAX = 4096;

/** Behind the first mark: at the very beginning, or after a preamble. */
function startOf(body: Buffer, mark: Buffer): number {
  if (body.subarray(0, mark.length - 2).equals(mark.subarray(2))) return mark.length - 2;
  const found = body.indexOf(mark);
  return found < 0 ? -1 : found + mark.length;
}

/** Behind the line that a mark stands in; -1 when something else than blanks follows the mark. */
function lineEnd(body: Buffer, at: number): number {
  let end = at;
  while (body[end] === SPACE || body[end] === TAB) end += 1;
  return body[end] === CR && body[end + 1] === LF ? end + 2 : -1;
}

function fieldIn(body: Buffer, from: number, to: number): [string, string] | MultipartFault {
  const limit = Math.min(to, from + HEADER_BYTES_MAX);
  const gap = body.subarray(from, limit).indexOf('\r\n\r\n');
  if (gap < 0) return 'malformed';
  const headers = body.toString('utf8', from, from + gap);
  if (FILE.test(headers)) return 'file';
  const [, quoted, plain] = NAME.exec(headers) ?? [];
  const name = quoted ?? plain;
  if (name === undefined) return 'malformed';
  return [unescaped(name), body.toString('utf8', from + gap + 4, to)];
}

/** Browsers and curl write these three so. */
function unescaped(name: string): string {
  return name.replace(/%22/g, '"').replace(/%0D/gi, '\r').replace(/%0A/gi, '\n');
}

const SPACE = 0x20;
const TAB = 0x09;
const CR = 0x0d;
const LF = 0x0a;
