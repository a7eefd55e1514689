import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

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
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key or ADMIN_TOKEN.' })
    .addSecurityRequirements('bearer')
    .build();
  // Built when somebody first looks: it would cost every start a quarter of a second.
  const build = () => SwaggerModule.createDocument(app, options, { ignoreGlobalPrefix: true });
  SwaggerModule.setup('docs', app, build, { jsonDocumentUrl: 'docs-json', ui: viewer });
}
