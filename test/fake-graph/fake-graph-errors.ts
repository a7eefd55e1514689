// Meta's error envelope and the refusals that the fake raises by itself.

export interface GraphErrorFields {
  code: number;
  subcode?: number;
  message?: string;
  type?: string;
  isTransient?: boolean;
  userTitle?: string;
  userMessage?: string;
  /** Blamed parameters; written as Meta does, a list of paths. */
  blamed?: string[];
  /** Meta sends `error_data` as an object or as its JSON text. */
  errorDataAsText?: boolean;
}

export interface GraphReply {
  status: number;
  /** Text is sent as it is, anything else as JSON. */
  body: unknown;
  headers?: Record<string, string>;
}

/** A reply with Meta's envelope. The status is 400 unless told: throttles too arrive as 400. */
export function errorReply(fields: GraphErrorFields, status = 400): GraphReply {
  const { code, subcode, blamed } = fields;
  const data = blamed ? { blame_field_specs: blamed.map((field) => [field]) } : undefined;
  return {
    status,
    body: {
      error: {
        message: fields.message ?? `(#${code}) refused`,
        type: fields.type ?? 'OAuthException',
        code,
        error_subcode: subcode,
        is_transient: fields.isTransient ?? false,
        error_user_title: fields.userTitle,
        error_user_msg: fields.userMessage,
        error_data: fields.errorDataAsText && data ? JSON.stringify(data) : data,
        fbtrace_id: 'AfakeTrace',
      },
    },
  };
}

export const missingObject = (id: string): GraphReply =>
  errorReply({
    code: 100,
    subcode: 33,
    type: 'GraphMethodException',
    message: `Unsupported request. Object with ID '${id}' does not exist or cannot be loaded`,
  });

export const unknownField = (field: string, type: string): GraphReply =>
  errorReply({
    code: 100,
    message: `(#100) Tried accessing nonexisting field (${field}) on node type (${type})`,
  });

export const expiredToken = (): GraphReply =>
  errorReply({ code: 190, subcode: 463, message: 'Error validating access token' }, 401);

/** With the header that says so; everything of the application is refused. */
export const appLimit = (): GraphReply => ({
  ...errorReply({ code: 4, message: '(#4) Application request limit reached', isTransient: true }),
  headers: { 'x-app-usage': '{"call_count":100,"total_time":100,"total_cputime":12}' },
});

export const noPermission = (): GraphReply =>
  errorReply({ code: 200, message: '(#200) Ad account owner has NOT granted ads_management' }, 403);

export const unknownToken = (token: string): GraphReply =>
  // Meta quotes what it could not read, which is how a token gets into a careless client's log.
  errorReply({ code: 190, message: `Malformed access token ${token}` }, 401);

export const wrongProof = (): GraphReply =>
  errorReply({
    code: 100,
    type: 'GraphMethodException',
    message: 'Invalid appsecret_proof provided in the API argument',
  });
