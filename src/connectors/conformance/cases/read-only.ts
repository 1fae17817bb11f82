import { limitOf, opened, read } from '../bench.js';
import type { ConformanceCase, Subject } from '../subject.js';
import { differsAt, must } from '../verdict.js';

/** The first words of statements that only read, in the SQL of the supported systems. */
const reads =
  /^\s*(?:\(\s*)?(select|with|set|show|use|declare|begin|start transaction|commit|rollback|describe|explain|if|exec(ute)?\s+sp_executesql)\b/i;
const writes =
  /\b(insert\s+into|update\s+\S+\s+set|delete\s+from|merge\s+into|truncate\s+table|(create|alter|drop)\s+(table|view|index|procedure|user|database)|grant)\b/i;
const everyColumn = /(^|[\s,(.])\*\s*(,|from\b)|\bselect\s+(distinct\s+|top\s*\(?\s*\S+\s*\)?\s+)?\*/i;

export function readOnlyCases(subject: Subject): ConformanceCase[] {
  const { settings, readOnly, fingerprint, statements, forbiddenColumns = [] } = subject;
  const limit = limitOf(subject);
  const noLog = statements ? {} : { notRun: 'the subject has no statements()' };
  return [
    {
      name: 'reads the same with a login that cannot write',
      ...(readOnly === undefined ? { notRun: 'the subject has no readOnly settings' } : {}),
      async run() {
        const usual = await opened(subject, settings, ({ connector }) => read(subject, connector, { atMost: limit }));
        const { clients } = await opened(subject, readOnly, async ({ connector }) => {
          const report = await connector.check(new AbortController().signal);
          must(
            report.problems.length === 0,
            `check() wants more rights: ${report.problems.map((p) => p.message).join(' ')}`,
          );
          return read(subject, connector, { atMost: limit });
        });
        const differs = differsAt(clients.slice(0, limit), usual.clients.slice(0, limit));
        must(differs === null, `The login that may only read sees other data at ${differs}.`);
      },
    },
    {
      name: 'leaves the source unchanged',
      ...(fingerprint ? {} : { notRun: 'the subject has no fingerprint()' }),
      async run() {
        const before = await fingerprint!();
        await opened(subject, settings, async ({ connector }) => {
          await connector.check(new AbortController().signal);
          const { clients } = await read(subject, connector, { atMost: limit });
          if (connector.client && clients[0]) await connector.client(clients[0].pimsId, new AbortController().signal);
          await connector.discover?.({ samples: false, signal: new AbortController().signal });
        });
        must((await fingerprint!()) === before, 'The source changed while it was read.');
      },
    },
    {
      name: 'sends only statements that read',
      ...noLog,
      async run() {
        const sent = await sentStatements(subject);
        const wrong = sent.find((statement) => !reads.test(statement) || writes.test(statement));
        must(wrong === undefined, `A statement may do more than read: ${wrong?.trim().slice(0, 60)}`);
      },
    },
    {
      name: 'names every column that it reads, and no forbidden one',
      ...noLog,
      async run() {
        const sent = await sentStatements(subject);
        const star = sent.find((statement) =>
          everyColumn.test(statement.replace(/count\s*\(\s*\*\s*\)/gi, 'count(1)')),
        );
        must(star === undefined, `A statement reads columns that it does not name: ${star?.trim().slice(0, 60)}`);
        for (const column of forbiddenColumns) {
          const named = sent.some((statement) => statement.toLowerCase().includes(column.toLowerCase()));
          must(!named, `A statement names the forbidden column ${column}.`);
        }
      },
    },
  ];
}

/** Checks and reads the source once, and returns every statement that it has received. */
async function sentStatements(subject: Subject): Promise<string[]> {
  await opened(subject, subject.settings, async ({ connector }) => {
    await connector.check(new AbortController().signal);
    const { clients } = await read(subject, connector, { pageSize: 5, atMost: 20 });
    if (connector.client && clients[0]) await connector.client(clients[0].pimsId, new AbortController().signal);
    await connector.discover?.({ samples: false, signal: new AbortController().signal });
  });
  const sent = await subject.statements!();
  must(sent.length > 0, 'The log of statements is empty: it does not record what this connector sends.');
  return sent;
}
