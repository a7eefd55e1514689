// The page at `/` and its parts. They are read once at the start and served from memory, by name
// from a fixed list: no path of a caller ever reaches the file system.
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { extname } from 'node:path';
import { Controller, Get, Headers, Param, Res, type OnModuleInit } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../accounts/index.js';
import { DomainError } from '../shared/index.js';

/** Beside this file, in the sources as in the build. */
const FOLDER = new URL('./page/', import.meta.url);
const INDEX = 'index.html';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface PagePart {
  content: Buffer;
  contentType: string;
  etag: string;
}

@ApiTags('admin')
@Public()
@Controller()
export class PageController implements OnModuleInit {
  private readonly parts = new Map<string, PagePart>();

  async onModuleInit(): Promise<void> {
    for (const name of await readdir(FOLDER)) {
      const contentType = CONTENT_TYPES[extname(name)];
      if (contentType === undefined) continue;
      const content = await readFile(new URL(name, FOLDER));
      const digest = createHash('sha256').update(content).digest('base64url').slice(0, 22);
      this.parts.set(name, { content, contentType, etag: `"${digest}"` });
    }
  }

  @Get()
  @ApiOperation({ summary: 'The page for people; it asks for the admin token itself' })
  @ApiProduces('text/html')
  @ApiResponse({ status: 200, description: 'HTML' })
  index(@Headers('if-none-match') known: string | undefined, @Res() reply: FastifyReply) {
    this.send(INDEX, known, reply);
  }

  @Get('page/:file')
  @ApiOperation({ summary: 'A style sheet, script or picture of the page' })
  @ApiProduces('text/css', 'text/javascript', 'image/svg+xml')
  @ApiResponse({ status: 200, description: 'The file' })
  part(
    @Param('file') file: string,
    @Headers('if-none-match') known: string | undefined,
    @Res() reply: FastifyReply,
  ) {
    this.send(file, known, reply);
  }

  private send(name: string, known: string | undefined, reply: FastifyReply): void {
    const part = this.parts.get(name);
    if (!part) throw new DomainError(404, 'request.not_found', 'There is no such file.');
    // Asked again each time, answered in a few bytes: an update shows at the next look.
    void reply.header('cache-control', 'no-cache').header('etag', part.etag);
    if (known?.includes(part.etag)) {
      void reply.status(304).send();
      return;
    }
    void reply.type(part.contentType).send(part.content);
  }
}
