import { contractVersion } from '../../contract.js';
import type { ConformanceCase, Subject } from '../subject.js';
import { must } from '../verdict.js';

export function settingsCases(subject: Subject): ConformanceCase[] {
  const { definition, settings } = subject;
  return [
    {
      name: 'is defined for this contract version, with a lower-case name and a summary',
      async run() {
        must(definition.contractVersion === contractVersion, `contractVersion is not ${contractVersion}.`);
        must(
          /^[a-z][a-z0-9-]*$/.test(definition.name),
          'The name is not lower-case letters, digits and dashes.',
        );
        must(
          definition.summary.trim() !== '' && !definition.summary.includes('\n'),
          'The summary is not one line.',
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
      name: 'names the place of every wrong setting',
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
