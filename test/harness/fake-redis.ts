// As much of a Redis server as the cache speaks to, with the moods that real ones have: slow, gone,
// flushed. RESP2 over a real socket, so that the client under test is the real one.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class FakeRedis {
  readonly values = new Map<string, string>();
  private readonly sets = new Map<string, Set<string>>();
  private readonly sockets = new Set<Socket>();
  private readonly subscribers = new Set<Socket>();
  private server: Server | null = null;
  private port = 0;
  /** Every byte that it was sent. */
  heard = '';
  /** Answers nothing while set: connections stand, commands hang. */
  isSilent = false;
  /** Every answer comes so much later. */
  delayMillis = 0;
  /** Commands that read, in the order in which they came. */
  readonly reads: string[] = [];

  async start(): Promise<string> {
    this.server = createServer((socket) => this.serve(socket));
    await new Promise<void>((resolve) => this.server?.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
    return `redis://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  flush(): void {
    this.values.clear();
    this.sets.clear();
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    let text = '';
    let queued: string[][] | null = null;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.subscribers.delete(socket);
    });
    socket.on('data', (chunk) => {
      text += chunk.toString();
      this.heard += chunk.toString('latin1');
      for (let command = read(text); command; command = read(text)) {
        text = text.slice(command.length);
        if (this.isSilent) continue;
        const [name = ''] = command.words;
        if (/^m?get$/i.test(name)) this.reads.push(name.toLowerCase());
        if (name.toLowerCase() === 'multi') {
          queued = [];
          socket.write('+OK\r\n');
        } else if (name.toLowerCase() === 'exec') {
          const answers = (queued ?? []).map((words) => this.answer(socket, words));
          queued = null;
          this.tell(socket, `*${answers.length}\r\n${answers.join('')}`);
        } else if (queued) {
          queued.push(command.words);
          socket.write('+QUEUED\r\n');
        } else {
          this.tell(socket, this.answer(socket, command.words));
        }
      }
    });
  }

  private tell(socket: Socket, answer: string): void {
    if (this.delayMillis === 0) socket.write(answer);
    else setTimeout(() => socket.writable && socket.write(answer), this.delayMillis);
  }

  private answer(socket: Socket, [name = '', key = '', ...rest]: string[]): string {
    switch (name.toLowerCase()) {
      case 'info':
        return bulk('redis_version:7.0.0\r\nloading:0');
      case 'get':
        return bulk(this.values.get(key));
      case 'mget': {
        const found = [key, ...rest].map((one) => bulk(this.values.get(one)));
        return `*${found.length}\r\n${found.join('')}`;
      }
      case 'set':
        this.values.set(key, rest[0] ?? '');
        return '+OK\r\n';
      case 'sadd':
        this.sets.set(key, new Set([...(this.sets.get(key) ?? []), ...rest]));
        return ':1\r\n';
      case 'smembers': {
        const members = [...(this.sets.get(key) ?? [])];
        return `*${members.length}\r\n${members.map(bulk).join('')}`;
      }
      case 'unlink':
        for (const one of [key, ...rest]) {
          this.values.delete(one);
          this.sets.delete(one);
        }
        return ':1\r\n';
      case 'subscribe':
        this.subscribers.add(socket);
        return `*3\r\n${bulk('subscribe')}${bulk(key)}:1\r\n`;
      case 'publish':
        for (const one of this.subscribers) {
          one.write(`*3\r\n${bulk('message')}${bulk(key)}${bulk(rest[0])}`);
        }
        return `:${this.subscribers.size}\r\n`;
      default:
        return '+OK\r\n';
    }
  }
}

function bulk(text: string | undefined): string {
  return text === undefined ? '$-1\r\n' : `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

/** The first whole command; keys and values here are ASCII, so characters are bytes. */
function read(text: string): { words: string[]; length: number } | null {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (!head) return null;
  let at = head[0].length;
  const words: string[] = [];
  for (let left = Number(head[1]); left > 0; left -= 1) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at));
    if (!size) return null;
    const start = at + size[0].length;
    const end = start + Number(size[1]);
    if (text.length < end + 2) return null;
    words.push(text.slice(start, end));
    at = end + 2;
  }
  return { words, length: at };
}
