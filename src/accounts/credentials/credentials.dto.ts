// The shapes of contract section 2 (credentials): also how they lie sealed in the database.
import { Type, type Static } from '../../shared/index.js';

const Secret = Type.String({
  minLength: 1,
  maxLength: 2000,
  pattern: '^[\\u0021-\\u007e]+$',
  description: 'Visible ASCII characters, no spaces.',
});
const HANDLE =
  '([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const DID = 'did:[a-z]{1,32}:[a-zA-Z0-9._:%-]{0,200}[a-zA-Z0-9._-]';
/** A typo in what guards an account's money must not be dropped in silence. */
const strict = { additionalProperties: false };

export const NewCredentials = Type.Object(
  {
    meta: Type.Optional(
      Type.Object(
        {
          access_token: Secret,
          app_secret: Type.Optional(Secret),
          pixel_id: Type.Optional(Type.String({ pattern: '^[0-9]{1,32}$' })),
          ad_account_id: Type.Optional(
            Type.String({
              pattern: '^(act_)?[1-9][0-9]{0,31}$',
              description: 'With or without act_.',
            }),
          ),
        },
        strict,
      ),
    ),
    x: Type.Optional(
      Type.Object(
        {
          user_id: Type.String({ pattern: '^[0-9]{1,19}$' }),
          bearer_token: Type.Optional(Secret),
          oauth1: Type.Optional(
            Type.Object(
              {
                consumer_key: Secret,
                consumer_secret: Secret,
                access_token: Secret,
                access_token_secret: Secret,
              },
              strict,
            ),
          ),
        },
        strict,
      ),
    ),
    bluesky: Type.Optional(
      Type.Object(
        {
          actor: Type.String({
            maxLength: 253,
            pattern: `^(${HANDLE}|${DID})$`,
            description: 'A handle (shop.example.com) or a DID.',
          }),
          service: Type.Optional(
            Type.String({ maxLength: 300, description: 'The server that is asked; https.' }),
          ),
        },
        strict,
      ),
    ),
  },
  strict,
);
export type NewCredentials = Static<typeof NewCredentials>;

export const CREDENTIALS_EXAMPLE = {
  meta: { access_token: 'EAABexampleToken', ad_account_id: 'act_1234' },
};
