// Which methods an address takes: the router says only that it has no such route.
export class RouteTable {
  private readonly routes: { pattern: string; path: RegExp; method: string }[] = [];

  add(method: string, pattern: string): void {
    this.routes.push({ pattern, path: pathOf(pattern), method });
  }

  /** `pattern` is one of those that the address fits; null when there is none. */
  at(url: string): { pattern: string; methods: string[] } | null {
    const path = url.split(/[?#]/, 1)[0]!.replace(/(?<=.)\/$/, '');
    const found = this.routes.filter((route) => route.path.test(path));
    const [first] = found;
    if (!first) return null;
    const methods = [...new Set(found.map(({ method }) => method))].sort();
    return { pattern: first.pattern, methods };
  }
}

/** `/:version(^v\d+$)/:id/*` → a regular expression; what is in brackets is one itself. */
function pathOf(pattern: string): RegExp {
  const segments = pattern.replace(/(?<=.)\/$/, '').split('/');
  const sources = segments.map((segment) => {
    if (segment === '*') return '.*';
    if (!segment.startsWith(':')) return segment.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const own = /\((.*)\)$/.exec(segment)?.[1];
    return own === undefined ? '[^/]+' : own.replace(/^\^/, '').replace(/\$$/, '');
  });
  return new RegExp(`^${sources.join('/')}$`);
}
