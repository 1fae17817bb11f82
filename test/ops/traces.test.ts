import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startLocalSes, type LocalSes } from '../../demo/ses/local-ses.js';
import { newIds } from '../../src/lib/ids.js';
import { Secret } from '../../src/lib/secret.js';
import { openQueues } from '../../src/jobs/bullmq/queues.js';
import { openDatabase } from '../../src/store/db/database.js';
import { requestSync } from '../../src/store/sync-runs/sync-runs.js';
import { openClinic, pimsPassword, practiceId, type Clinic } from '../support/clinic.js';
import { leaksIn } from '../support/leaks.js';
import { until } from '../support/processes.js';

jest.setTimeout(120_000);

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number };
}
interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: Attribute[];
}

describe('traces', () => {
  let clinic: Clinic;
  let ses: LocalSes;
  let collector: Server;
  const bodies: string[] = [];
  const spans: Span[] = [];

  beforeAll(async () => {
    // The part of an OTLP collector that receives traces.
    collector = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = Buffer.concat(parts).toString('utf8');
        bodies.push(`${request.url} ${body}`);
        const { resourceSpans } = JSON.parse(body) as {
          resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
        };
        for (const { scopeSpans } of resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    await new Promise<void>((listening) => collector.listen(0, '127.0.0.1', listening));
    clinic = await openClinic({ clients: 60 });
    ses = await startLocalSes({ maxSendRate: 200 });
    clinic.env['AWS_ENDPOINT_URL_SES'] = ses.url;
  });
  afterAll(async () => {
    await ses?.stop();
    await clinic?.close();
    collector.closeAllConnections();
    await new Promise((closed) => collector.close(closed));
  });

  const attribute = (span: Span | undefined, key: string) => {
    const value = span?.attributes.find((one) => one.key === key)?.value;
    return value?.stringValue ?? (value?.intValue === undefined ? undefined : Number(value.intValue));
  };
  const named = (name: string) => spans.filter((span) => span.name === name);
  const collectorUrl = () => `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;

  it('contain a run with its pages, each attempt and each request, and no personal data', async () => {
    clinic.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collectorUrl();
    clinic.env['OTEL_BSP_SCHEDULE_DELAY'] = '200';
    clinic.env['OTEL_BSP_MAX_QUEUE_SIZE'] = '20000';
    const worker = clinic.start('worker');
    const web = clinic.start('web');
    await Promise.all([worker.says('"working"'), web.says('"serving"')]);
    const db = openDatabase(new Secret(clinic.env['DATABASE_URL'] as string), 1);
    const quiet = { info() {}, warn() {}, error() {} };
    const queues = await openQueues(new Secret(clinic.env['REDIS_URL'] as string), quiet);
    const asked = { practiceId, kind: 'resync' as const, by: 'a test' };
    const { runId } = await requestSync(db, asked, newIds(), () => new Date());
    await queues.enqueue('sync-practice', { runId });
    await until('every email is accepted', async () => {
      const [row] = await clinic.rows<{ n: number; sent: number }>(
        "SELECT COUNT(*) AS n, SUM(state = 'accepted') AS sent FROM messages",
      );
      return Number(row?.n) === clinic.truth.accounts && Number(row?.sent) === Number(row?.n);
    });
    await queues.close();
    await db.destroy();
    const logIn = await fetch(`${clinic.webUrl}/v1/logins?token=never-in-a-span`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer never-in-a-span' },
      body: JSON.stringify({ email: 'somebody@post.example', password: 'wrong-password-1' }),
    });
    expect(logIn.status).toBe(401);
    for (const process of [worker, web]) expect((await process.stop()).code).toBe(0);

    // The sweep may have started the nightly run earlier: then two jobs used it, and one of them read.
    const runs = named('sync run').filter((span) => attribute(span, 'pims_sync.run') === runId);
    const pages = named('pages').filter(({ parentSpanId }) => runs.some(({ spanId }) => spanId === parentSpanId));
    // One step may write several pages together.
    expect(pages.length).toBeGreaterThanOrEqual(1);
    expect(Math.max(...pages.map((page) => Number(attribute(page, 'pims_sync.read'))))).toBe(clinic.truth.clients);
    const run = runs.find(({ spanId }) => spanId === pages[0]?.parentSpanId);
    expect([run?.traceId, attribute(run, 'pims_sync.practice')]).toEqual([pages[0]?.traceId, practiceId]);
    const job = spans.find(({ spanId }) => spanId === run?.parentSpanId);
    expect(job?.name).toMatch(/pims/);
    expect(named('hand over email')).toHaveLength(clinic.truth.accounts);
    expect(new Set(named('hand over email').map((span) => attribute(span, 'pims_sync.answer')))).toEqual(
      new Set(['accepted']),
    );
    const request = named('POST /v1/logins')[0];
    expect(attribute(request, 'http.response.status_code')).toBe(401);

    const emails = (await clinic.rows<{ email: string }>('SELECT email FROM accounts')).map(({ email }) => email);
    const { password } = new URL(clinic.env['DATABASE_URL'] as string);
    const exact = [
      pimsPassword,
      password,
      'never-in-a-span',
      'wrong-password-1',
      (clinic.env['CREDENTIAL_KEYS'] as string).slice(3),
    ];
    expect(leaksIn(bodies, { temporaryPasswords: [], emails: [...emails, 'somebody@post.example'], exact })).toEqual(
      [],
    );
  });

  it('are refused with a message if the collector is no URL; a collector that is down does no harm', async () => {
    clinic.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = 'the collector';
    const wrong = await clinic.run('verify');
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('traces-endpoint-wrong')]);
    clinic.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = 'http://127.0.0.1:9';
    expect((await clinic.run('verify')).code).toBe(0);
  });

  it('are not recorded without the variable', async () => {
    delete clinic.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    const before = bodies.length;
    const worker = clinic.start('worker', '--queues', 'accounts');
    await until('a sweep has run', () => /"job":"sweep"/.test(worker.output()));
    expect((await worker.stop()).code).toBe(0);
    expect(bodies.length).toBe(before);
  });
});
