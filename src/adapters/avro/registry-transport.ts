import type { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { BridgeError, messageOf } from '../../core/errors.js';
import { within } from '../../core/within.js';

type Middleware = NonNullable<ConstructorParameters<typeof SchemaRegistry>[0]['middlewares']>[number];

/** An answer that says no: what the registry itself says, and its own error code. */
export type Refusal = Error & Readonly<{ status: number; registryCode: number | undefined }>;

export const isRefusal = (error: unknown): error is Refusal => error instanceof Error && 'registryCode' in error;

export const unavailable = (url: string, why: string, cause?: unknown): BridgeError =>
  new BridgeError({
    code: 'REGISTRY_UNAVAILABLE',
    kind: 'transient',
    found: `The schema registry at ${url} does not answer: ${why}.`,
    fix: 'rowbridge goes on by itself when it is back.',
    cause,
  });

const denied = (url: string, status: number): BridgeError =>
  new BridgeError({
    code: 'REGISTRY_ACCESS_DENIED',
    kind: 'configuration',
    found: `The schema registry at ${url} refuses access (status ${status}).`,
    fix: 'Put a user and password that may read and register schemas into SCHEMA_REGISTRY_URL: http://user:password@host/...',
  });

export const notARegistry = (url: string, what: string): BridgeError =>
  new BridgeError({
    code: 'REGISTRY_NOT_FOUND',
    kind: 'configuration',
    found: `What answers at ${url} is not a schema registry: ${what}.`,
    fix: "Check SCHEMA_REGISTRY_URL. Apicurio's Confluent API is under /apis/ccompat/v7.",
  });

/** Where an answer sends its reader, without user, password and query: they may be secret. */
const placeOf = (location: string | null, asked: string): string => {
  if (location === null) return 'nowhere';
  if (!URL.canParse(location, asked)) return 'what is no URL';
  const { protocol, host, pathname } = new URL(location, asked);
  return `${protocol}//${host}${pathname}`;
};

/** Followed, it would make a question of each schema that is to be registered (301, 302), and leave the password out. */
const redirected = (url: string, status: number, place: string): BridgeError =>
  new BridgeError({
    code: 'REGISTRY_REDIRECTS',
    kind: 'configuration',
    found: `The schema registry at ${url} redirects to ${place} (status ${status}).`,
    fix: 'Set SCHEMA_REGISTRY_URL to where the registry itself answers.',
  });

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

type Answer = Readonly<{ message?: unknown; error_code?: unknown }>;

/** @throws Refusal, or BridgeError where the answer is not the registry's own word on the matter */
const answerOf = (url: string, status: number, text: string): unknown => {
  if (status === 408 || status === 429 || status >= 500) throw unavailable(url, `status ${status}`);
  if (status === 401 || status === 403) throw denied(url, status);
  const body = parsed(text);
  if (typeof body !== 'object' || body === null) throw notARegistry(url, `status ${status} without a JSON object`);
  if (status < 300) return body;
  const { message, error_code: code } = body as Answer;
  // A 404 of a proxy or of a wrong path must not be taken for "no such schema".
  if (typeof code !== 'number') throw notARegistry(url, `status ${status} without an error code`);
  throw Object.assign(new Error(String(message)), { status, registryCode: code });
};

export type TransportOptions = Readonly<{ url: string; authorization: string | undefined; deadlineMs: number }>;

/**
 * The library's way to the registry, with a deadline for each request. Its own tells a refused connection as an answer with status
 * 400, waits for ever where nothing answers, and tries again where we decide. `fetch` alone does not keep a deadline: on Node 20 a
 * body that is aborted when all of it is there but not yet read never ends (nodejs/undici issue 4089).
 */
export const transport = ({ url, authorization, deadlineMs }: TransportOptions): Middleware => {
  const send = async (method: string, target: string, body: string | undefined): Promise<unknown> => {
    const headers = {
      'content-type': 'application/vnd.schemaregistry.v1+json',
      ...(authorization === undefined ? {} : { authorization }),
    };
    const ask = async (signal: AbortSignal) => {
      const request = { method, headers, redirect: 'manual', signal, ...(body === undefined ? {} : { body }) } as const;
      const response = await fetch(target, request);
      return { status: response.status, location: response.headers.get('location'), text: await response.text() };
    };
    const { status, location, text } = await within(deadlineMs, ask).catch((error: Error & { cause?: unknown }) => {
      const { cause = error } = error;
      const { code } = cause as { code?: unknown };
      throw unavailable(url, typeof code === 'string' ? code : messageOf(cause), error);
    });
    if (status >= 300 && status < 400) throw redirected(url, status, placeOf(location, target));
    return answerOf(url, status, text);
  };
  return () => ({
    response: async (_next, _renew, request) => {
      const body = request.body() as string | undefined;
      const data = await send(request.method().toUpperCase(), request.url(), body);
      return { data: () => data } as never;
    },
  });
};
