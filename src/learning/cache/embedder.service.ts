// Texts to vectors: the embedded default, or any OpenAI-compatible embeddings endpoint. Vectors of two
// embedders cannot be compared, so the name goes into the index.
import { Injectable } from '@nestjs/common';
import { Config } from '../../shared/index.js';
import { textVector, unit } from './text-vector.js';

/** An embedding that takes longer is dearer than the look-up it may save. */
const ENDPOINT_MILLIS = 2000;
/** After a failure it is left alone for so long: an allocation asks of every new ad. */
const REST_MILLIS = 30_000;

@Injectable()
export class Embedder {
  readonly name: string;
  readonly isLocal: boolean;
  private restUntil = 0;

  constructor(private readonly config: Config) {
    const { embeddingsUrl, embeddingsModel } = config;
    this.isLocal = embeddingsUrl === null;
    this.name = embeddingsUrl === null ? 'local-1' : `${embeddingsUrl} ${embeddingsModel}`;
  }

  /** Rejects when the endpoint does not answer in time or in shape. */
  async vector(text: string): Promise<Float32Array> {
    if (this.isLocal) return textVector(text);
    if (performance.now() < this.restUntil) throw new Error('the embeddings endpoint rests');
    try {
      return await this.fromEndpoint(text);
    } catch (error) {
      this.restUntil = performance.now() + REST_MILLIS;
      throw error;
    }
  }

  private async fromEndpoint(text: string): Promise<Float32Array> {
    const { embeddingsUrl, embeddingsModel, embeddingsApiKey } = this.config;
    const response = await fetch(`${embeddingsUrl?.replace(/\/$/, '')}/embeddings`, {
      method: 'POST',
      signal: AbortSignal.timeout(ENDPOINT_MILLIS),
      headers: {
        'content-type': 'application/json',
        ...(embeddingsApiKey === null ? {} : { authorization: `Bearer ${embeddingsApiKey}` }),
      },
      body: JSON.stringify({ model: embeddingsModel, input: [text] }),
    });
    if (!response.ok) throw new Error(`the embeddings endpoint answered ${response.status}`);
    const body = (await response.json()) as { data?: { embedding?: unknown }[] };
    const values = body.data?.[0]?.embedding;
    if (!Array.isArray(values) || values.length === 0 || !values.every(Number.isFinite)) {
      throw new Error('the embeddings endpoint answered in another shape');
    }
    return unit(Float32Array.from(values as number[]));
  }
}
