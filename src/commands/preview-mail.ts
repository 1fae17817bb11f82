import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { withApp } from '../app/with-app.js';
import { sampleEmails } from '../mailer/branding/sample-emails.js';
import type { PracticeMail } from '../mailer/settings.js';
import { databaseProblem } from '../store/db/database.js';

/** Writes every kind of email of a practice, for difficult sample people, as HTML and text files. Sends nothing. */
export async function previewMail(practiceId: string, options: { out: string }): Promise<void> {
  await withApp(
    async (app) => {
      const folder = resolve(options.out);
      mkdirSync(folder, { recursive: true });
      const trouble = await app.brands
        .refresh({ atOnce: true })
        .then(() => app.brands.trouble(practiceId))
        .catch((error: unknown) => messageOf(databaseProblem(error)));
      if (trouble) process.stderr.write(`${trouble}\nThe files show the configured branding.\n`);
      const mails = await sampleEmails(app.mailSettings(practiceId) as PracticeMail);
      for (const { kind, sample, html, text } of mails) {
        const name = `${kind}-${sample}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
        writeFileSync(join(folder, `${name}.html`), html);
        writeFileSync(join(folder, `${name}.txt`), text);
      }
      process.stdout.write(`${mails.length} emails as HTML and text in ${folder}. Open them in a browser.\n`);
    },
    { practiceId, needsDatabase: false },
  );
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
