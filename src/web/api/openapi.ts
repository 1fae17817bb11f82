import { z } from 'zod';
import { apiScopes, honoursKeys, type ApiAuth, type ApiRoute } from './route.js';

type Json = Record<string, unknown>;

/** Builds the OpenAPI 3.1 document of the routes. */
export function openApiDocument(routes: readonly ApiRoute[], origin: string): Json {
  const paths: Record<string, Json> = {};
  for (const one of routes) {
    const path = openApiPath(one.path);
    (paths[path] ??= {})[one.method] = operation(one);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'pims-sync',
      version: '1',
      description:
        'Log-in and first login of pet parents, and the console of a practice. Errors are application/problem+json (RFC 9457).',
    },
    servers: [{ url: origin }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'http', scheme: 'bearer', description: 'The session token of POST /v1/logins.' },
        token: { type: 'http', scheme: 'bearer', description: scopesInWords() },
        signature: {
          type: 'apiKey',
          in: 'header',
          name: 'webhook-signature',
          description: 'Standard Webhooks: webhook-id, webhook-timestamp and webhook-signature (v1, HMAC-SHA-256).',
        },
      },
      schemas: { Problem: jsonOf(problemSchema, 'output') },
    },
  };
}

/** Turns `/v1/a/:b` into the form of OpenAPI, `/v1/a/{b}`. */
function openApiPath(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

const idempotencyKey: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'A request runs once per key. A repeat of the same request gets the same answer.',
  schema: { type: 'string' },
};

const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  code: z.string().meta({ description: 'Stable code to match on.' }),
  detail: z.string().optional().meta({ description: 'The next step.' }),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

function operation(one: ApiRoute): Json {
  const responses: Record<string, Json> = {};
  for (const [status, { description, body }] of Object.entries(one.answers)) {
    responses[status] = {
      description,
      ...(body ? { content: { 'application/json': { schema: jsonOf(body, 'output') } } } : {}),
    };
  }
  const codes = new Map<number, string[]>([[400, ['request-invalid']]]);
  for (const [code, status] of Object.entries(one.problems ?? {}))
    codes.set(status, [...(codes.get(status) ?? []), code]);
  for (const [status, names] of codes) {
    responses[status] = {
      description: names.join(', '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  return {
    operationId: one.id,
    tags: [one.tag],
    summary: one.summary,
    ...(one.description ? { description: one.description } : {}),
    security: security(one.auth),
    parameters: [
      ...parameters(one.params, 'path'),
      ...parameters(one.query, 'query'),
      ...(honoursKeys(one) ? [idempotencyKey] : []),
    ],
    ...(one.body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: jsonOf(one.body, 'input') } },
          },
        }
      : {}),
    responses,
  };
}

function security(auth: ApiAuth): Json[] {
  if (auth === 'none') return [];
  if (auth === 'session' || auth === 'signature') return [{ [auth]: [] }];
  return [{ token: [auth] }];
}

function parameters(schema: z.ZodObject | undefined, place: 'path' | 'query'): Json[] {
  if (!schema) return [];
  const json = jsonOf(schema, 'input') as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(json.properties ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || (json.required ?? []).includes(name),
    schema: property,
  }));
}

function jsonOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _unused, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  return json;
}

function scopesInWords(): string {
  const scopes = Object.entries(apiScopes).map(([scope, words]) => `\`${scope}\`: ${words}.`);
  return `An API token that an owner of the practice creates. Scopes: ${scopes.join(' ')}`;
}
