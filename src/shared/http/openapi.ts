import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { Clock } from '../clock.js';
import { GuestProtocols } from './guest-protocols.js';
import { completeDocument, type OpenApiDocument } from './openapi-document.js';

/**
 * Serves /docs (for people) and /docs-json (for programs). Tests leave the viewer out: one of its
 * packages cannot be loaded inside Jest.
 */
export function serveOpenApi(app: INestApplication, { viewer = true } = {}): void {
  const options = new DocumentBuilder()
    .setTitle('Loopgain')
    .setDescription(
      'Closes the loop between what a business publishes, what it earns and what it spends next. ' +
        'Money is in major units of the account currency; null means not known, 0 measured as ' +
        'zero; errors are application/problem+json (RFC 9457) and name every fault by pointer.',
    )
    .setVersion('0.1.0')
    .setOpenAPIVersion('3.1.0')
    .addServer('/', 'This server.')
    .addBearerAuth(bearer('opaque', "An account's key, or ADMIN_TOKEN with account_id."))
    .addBearerAuth(bearer('opaque', 'ADMIN_TOKEN.'), 'admin')
    .addSecurityRequirements('bearer')
    .build();
  const guests = app.get(GuestProtocols, { strict: false });
  // Built when somebody first looks: it would cost every start a quarter of a second.
  const build = () =>
    completeDocument(
      SwaggerModule.createDocument(app, options, { ignoreGlobalPrefix: true }) as OpenAPIObject &
        OpenApiDocument,
      guests.all().map(({ route, errorSchema }) => ({ path: asPath(route), schema: errorSchema })),
      app.get(Clock, { strict: false }).now(),
    );
  SwaggerModule.setup('docs', app, build, { jsonDocumentUrl: 'docs-json', ui: viewer });
}

function bearer(bearerFormat: string, description: string) {
  return { type: 'http', scheme: 'bearer', bearerFormat, description } as const;
}

/** `/:version(^v\\d+$)/:id/events` → `/{version}/{id}/events`. */
function asPath(route: string): string {
  return route.replaceAll(/:(\w+)(?:\([^/]*\))?/g, '{$1}');
}
