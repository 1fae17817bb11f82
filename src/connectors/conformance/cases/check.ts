import type { Connector } from '../../contract.js';
import { openCase, opened, read, limitOf, hangAfter } from '../bench.js';
import { mustBeProblem, mustNotTell } from '../secrets.js';
import type { ConformanceCase, Refusal, Subject } from '../subject.js';
import { must, within } from '../verdict.js';

export function checkCases(subject: Subject): ConformanceCase[] {
  const { refusals = [] } = subject;
  const refused = refusals.map((refusal) => ({
    name: `reports ${refusal.name} as ${refusal.code}`,
    run: () => mustRefuse(subject, refusal),
  }));
  return [
    openCase(
      subject,
      'checks a good installation: findings, no problems, no personal data',
      async ({ connector, logged }) => {
        const report = await within(hangAfter(subject), connector.check(new AbortController().signal), 'check()');
        must(
          report.problems.length === 0,
          `check() finds problems: ${report.problems.map((p) => p.message).join(' ')}`,
        );
        must(report.findings.length > 0, 'check() has no findings.');
        const { clients } = await read(subject, connector, { atMost: limitOf(subject) });
        mustNotTell(subject, 'The report of check()', report, clients);
        mustNotTell(subject, 'The log', logged.join('\n'), clients);
        const discovery = await connector.discover?.({
          samples: false,
          signal: new AbortController().signal,
        });
        mustNotTell(subject, 'The result of discover() without samples', discovery, clients);
      },
    ),
    ...refused,
    ...(refusals.length > 0
      ? []
      : [
          {
            name: 'reports wrong settings with the right code',
            notRun: 'the subject names no refusals',
            run: async () => {},
          },
        ]),
  ];
}

/** check() may report or throw the problem. clients() must throw it, because any page would be wrong. */
async function mustRefuse(subject: Subject, refusal: Refusal): Promise<void> {
  const signal = new AbortController().signal;
  const told = await problemOf(subject, refusal, async (connector) => {
    const [problem] = (await connector.check(signal)).problems;
    must(problem, 'check() reports no problem.');
    mustNotTell(subject, 'The report of check()', problem);
    must(problem.code === refusal.code, `check() reports ${problem.code}, not ${refusal.code}: ${problem.message}`);
    must(problem.help !== undefined && problem.help !== '', 'check() reports the problem without help.');
    return problem.message;
  });
  must(namesIt(told, refusal), `check() does not name ${refusal.missing}: ${told}`);
  const thrown = await problemOf(subject, refusal, async (connector) => {
    await read(subject, connector, { atMost: 1 });
    must(false, 'clients() gives pages instead of the problem.');
  });
  must(namesIt(thrown, refusal), `The problem that clients() throws does not name ${refusal.missing}: ${thrown}`);
}

/** Returns the text of the problem, whether opening, checking or reading throws it. */
async function problemOf(
  subject: Subject,
  { settings, code }: Refusal,
  work: (connector: Connector) => Promise<string>,
): Promise<string> {
  try {
    return await opened(subject, settings, ({ connector }) => work(connector));
  } catch (error) {
    if ((error as Error).name === 'ConformanceFailure') throw error;
    mustBeProblem(subject, error, [code]);
    return `${error.missing ?? ''} ${error.message}`;
  }
}

const namesIt = (text: string, { missing }: Refusal): boolean => missing === undefined || text.includes(missing);
