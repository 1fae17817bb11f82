import { contractVersion } from '../../contract.js';
import type { ConformanceCase, Subject } from '../subject.js';
import { mustNotTell } from '../secrets.js';
import { must, NotRun } from '../verdict.js';

export function settingsCases(subject: Subject): ConformanceCase[] {
  const { definition, settings } = subject;
  return [
    {
      name: 'has this contract version, a lower-case name and a summary',
      async run() {
        must(definition.contractVersion === contractVersion, `contractVersion is not ${contractVersion}.`);
        must(/^[a-z][a-z0-9-]*$/.test(definition.name), 'The name is not lower-case letters, digits and dashes.');
        must(definition.summary.trim() !== '' && !definition.summary.includes('\n'), 'The summary is not one line.');
      },
    },
    {
      name: 'names the email field in words that staff can act on',
      ...(definition.emailField ? {} : { notRun: 'the connector has no emailField' }),
      async run() {
        const field = definition.emailField?.(definition.settings.parse(settings)) ?? null;
        if (field === null) throw new NotRun('With these settings the connector names no email field.');
        mustNotTell(subject, 'The emailField', field);
        must(
          /^the \S[^\n]{0,150}[^\s.]$/.test(field),
          'The emailField must continue a sentence after "Correct": one line that begins with "the" and has no full stop.',
        );
      },
    },
    {
      name: 'accepts its settings',
      async run() {
        const parsed = definition.settings.safeParse(settings);
        must(
          parsed.success,
          `Refused at: ${parsed.error?.issues.map((i) => i.path.join('.') || 'the whole').join(', ')}.`,
        );
      },
    },
    {
      name: 'names the path of every wrong setting',
      async run() {
        must(!definition.settings.safeParse('not an object').success, 'A text is accepted as settings.');
        for (const name of settingNames(settings)) {
          const wrong = { ...(settings as object), [name]: Symbol.for('a value no setting can be') };
          const parsed = definition.settings.safeParse(wrong);
          must(!parsed.success, `The setting ${name} accepts anything.`);
          const placed = parsed.error.issues.some((issue) => issue.path[0] === name);
          must(placed, `A wrong ${name} is refused without naming ${name} in the path of the problem.`);
        }
      },
    },
  ];
}

const settingNames = (settings: unknown): string[] =>
  typeof settings === 'object' && settings !== null ? Object.keys(settings) : [];
