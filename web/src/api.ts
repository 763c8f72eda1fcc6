// Typed client of the API: paths, bodies and answers are those of openapi.json, or this does not compile.
import type {components, paths} from './schema';

export type Schemas = components['schemas'];
type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type MethodsOf<P extends keyof paths> = {
  [M in Method]: paths[P] extends Record<M, {responses: unknown}> ? M : never;
}[Method];
type Content<T> = T extends {content: {'application/json': infer J}} ? J : never;
type BodyOf<O> = O extends {requestBody?: infer B} ? Content<NonNullable<B>> : never;
type Success<R> = R extends Record<number, unknown> ? Content<R[keyof R & (200 | 201 | 202)]> : never;
type AnswerOf<O> = O extends {responses: infer R} ? Success<R> : never;

interface Options<B> {
  // Values of the `{…}` of the path, and what comes after the `?`.
  at?: Record<string, string | number>;
  query?: Record<string, string | number>;
  body?: B;
}

// What the service refused, and why.
export class ApiError extends Error {
  constructor(readonly status: number, readonly body: Partial<Schemas['ErrorBody']>, readonly retryAfter: number) {
    super(body.message ?? `the service answers with ${status}`);
  }

  // The first fault of that code.
  fault(code: Schemas['FaultCode']): Schemas['Fault'] | undefined {
    return this.body.details?.find((fault) => fault.code === code);
  }
}

// The service can't be reached.
export class Unreachable extends Error {}

const PATIENCE = 20_000;

function address(path: string, {at = {}, query}: Options<unknown>): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(at[name])));
  const asked = query && new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
  return asked ? `${filled}?${asked}` : filled;
}

// Sends a request; an answer that is not a success is thrown as an ApiError.
export async function call<P extends keyof paths, M extends MethodsOf<P>>(
  method: M,
  path: P,
  options: Options<BodyOf<paths[P][M]>> = {},
): Promise<AnswerOf<paths[P][M]>> {
  const {body} = options;
  const answer = await fetch(address(path, options), {
    method: method.toUpperCase(),
    headers: body ? {'Content-Type': 'application/json'} : {},
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE),
  }).catch((error: unknown) => {
    throw new Unreachable(String(error));
  });
  const content = answer.status === 204 ? undefined : await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new ApiError(answer.status, content ?? {}, Number(answer.headers.get('retry-after') ?? 0));
  }
  return content;
}
