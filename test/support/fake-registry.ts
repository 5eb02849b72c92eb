import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a request goes wrong: with a status and a body, by no answer, by half of one, or by a closed connection. */
export type Trouble = Readonly<{ status: number; body?: string; location?: string }> | 'hang' | 'half' | 'reset';

type Stored = Readonly<{ schema: string; schemaType?: string; references?: readonly unknown[] }>;

export type FakeRegistry = Readonly<{
  url: string;
  /** `GET /subjects/x/versions/latest`, in the order in which they came. */
  requests: string[];
  authorizations: (string | undefined)[];
  /** Subject -> ids of its versions. */
  subjects: Map<string, number[]>;
  levels: Map<string, string>;
  /** Puts a schema there as another program would; its id. */
  add(subject: string, schema: unknown): number;
  put(id: number, stored: Stored): void;
  /** Decides from now on which requests go wrong. */
  fail(decide: (request: string) => Trouble | undefined): void;
  heal(): void;
  close(): Promise<void>;
}>;

const bodyOf = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>);
};

type Answer = Readonly<{ status: number; body: object }>;
const ok = (body: object): Answer => ({ status: 200, body });
const no = (status: number, error_code: number, message: string): Answer => ({ status, body: { error_code, message } });

/** The few endpoints of the Confluent API that rowbridge uses, as Apicurio answers them: no level is the level NONE. */
export const fakeRegistry = async (): Promise<FakeRegistry> => {
  const requests: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const subjects = new Map<string, number[]>();
  const levels = new Map<string, string>();
  const schemas = new Map<number, Stored>();
  let trouble: (request: string) => Trouble | undefined = () => undefined;

  const idOf = (schema: string): number => {
    const known = [...schemas].find(([, stored]) => stored.schema === schema);
    const id = known?.[0] ?? Math.max(0, ...schemas.keys()) + 1;
    schemas.set(id, { schema });
    return id;
  };
  const register = (subject: string, schema: string): number => {
    const id = idOf(schema);
    const versions = subjects.get(subject) ?? [];
    subjects.set(subject, versions.includes(id) ? versions : [...versions, id]);
    return id;
  };
  const latest = (subject: string): Answer => {
    const versions = subjects.get(subject);
    const id = versions?.at(-1);
    if (versions === undefined || id === undefined) return no(404, 40401, `Subject '${subject}' not found.`);
    return ok({ subject, version: versions.length, id, ...schemas.get(id) });
  };
  const version = (subject: string, number: number): Answer => {
    const id = subjects.get(subject)?.[number - 1];
    return id === undefined
      ? no(404, 40402, `Version ${number} not found.`)
      : ok({ subject, version: number, id, ...schemas.get(id) });
  };
  const route = (method: string, path: string, body: Record<string, unknown>): Answer => {
    const [, kind, name = '', ...rest] = path.split('/').map(decodeURIComponent);
    if (kind === 'config' && method === 'PUT') {
      levels.set(name, String(body.compatibility));
      return ok(body);
    }
    if (kind === 'config') {
      const level = levels.get(name);
      if (level === undefined && !subjects.has(name)) return no(404, 40401, `Subject '${name}' not found.`);
      return ok({ compatibilityLevel: level ?? 'NONE' });
    }
    if (kind === 'schemas') {
      const stored = schemas.get(Number(rest[0]));
      return stored === undefined ? no(404, 40403, `Schema ${rest[0]} not found.`) : ok(stored);
    }
    if (method === 'POST') return ok({ id: register(name, String(body.schema)) });
    return rest[1] === undefined || rest[1] === 'latest' ? latest(name) : version(name, Number(rest[1]));
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const line = `${request.method} ${request.url}`;
    requests.push(line);
    authorizations.push(request.headers.authorization);
    const wrong = trouble(line);
    if (wrong === 'hang') return;
    if (wrong === 'reset') {
      request.socket.destroy();
      return;
    }
    if (wrong === 'half') {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"id":');
      return;
    }
    const sent = await bodyOf(request);
    if (wrong !== undefined) {
      const { status, body = '', location } = wrong;
      response
        .writeHead(status, { 'content-type': 'application/json', ...(location === undefined ? {} : { location }) })
        .end(body);
      return;
    }
    const { status, body: reply } = route(String(request.method), String(request.url), sent);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
  };

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    authorizations,
    subjects,
    levels,
    add: (subject, schema) => register(subject, JSON.stringify(schema)),
    put: (id, stored) => schemas.set(id, stored),
    fail: (decide) => {
      trouble = decide;
    },
    heal: () => {
      trouble = () => undefined;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
