import { Secret } from '../../lib/secret.js';
import type { SampleEmail } from '../../domain/message/branding.js';
import { petParentKinds } from '../../domain/message/message-kinds.js';
import { createRenderer, type MailPerson, type Renderer } from '../render.js';
import type { PracticeMail } from '../settings.js';
import { checkWords, editableParts } from './custom-text.js';

/** Invented recipient for previews and checks. */
export interface SamplePerson {
  name: string;
  person: MailPerson;
}

const usual: MailPerson = {
  firstName: 'Kim',
  lastName: 'Weaver',
  email: 'kim.weaver@example.com',
  pets: ['Luna', 'Max'],
  requestedBy: null,
  password: new Secret('K7MP-4TXW-9HQD'),
  resetToken: new Secret('sample-token-that-opens-nothing'),
  expiresAt: new Date('2030-06-30T16:00:00Z'),
};

/** Recipients that break careless templates: a template is done when its email looks right for all of them. */
export const samplePeople: readonly SamplePerson[] = [
  { name: 'Two pets', person: usual },
  { name: 'No pet named', person: { ...usual, pets: [] } },
  {
    name: 'Twelve pets',
    person: {
      ...usual,
      pets: [
        'Ada',
        'Biscuit',
        'Clover',
        'Domino',
        'Earl Grey',
        'Fig',
        'Gizmo',
        'Hazel',
        'Indy',
        'Juniper',
        'Kiwi',
        'Lady Pennyworth of Little Snoring',
      ],
    },
  },
  {
    name: 'Right-to-left and emoji names',
    person: { ...usual, firstName: 'نور', lastName: 'الهاشمي', pets: ['سمسم', 'Mitzi 🐈‍⬛', '李雷', 'שוקו'] },
  },
  {
    name: 'A very long surname and address',
    person: {
      ...usual,
      firstName: 'Bartholomew-Maximilian',
      // 80 letters. The emails greet by first name and show no surname, but the To header holds it, and email programs
      // show that.
      lastName: 'Wolfeschlegelsteinhausenbergerdorff-Featherstonehaughs-Cholmondeley-Marjoribanks',
      email: 'bartholomew-maximilian.wolfeschlegelsteinhausenbergerdorff@a-very-long-domain-name.example.com',
    },
  },
  {
    name: 'Names that look like code',
    person: {
      ...usual,
      firstName: '{{password}} & <b>Bobby</b>',
      pets: ['<script>alert(1)</script>', '"Fluffy" O\'Neil', '{{names}}'],
    },
  },
  { name: 'No name', person: { ...usual, firstName: null, lastName: null, pets: ['Rex'] } },
];

/** Renders every kind of email of a practice for every sample person. */
export async function sampleEmails(mail: PracticeMail, renderer: Renderer = createRenderer()): Promise<SampleEmail[]> {
  const mails: SampleEmail[] = [];
  for (const kind of petParentKinds) {
    for (const { name, person } of samplePeople) {
      mails.push({ kind, sample: name, ...(await renderer.render(mail, kind, person)) });
    }
  }
  return mails;
}

/**
 * Proves, when settings are saved and at start, that every email of a practice can be rendered.
 *
 * @throws Problem `email-text-wrong`, `email-template-wrong`
 */
export async function checkMails(mail: PracticeMail, renderer: Renderer): Promise<void> {
  for (const kind of petParentKinds) {
    const own = mail.texts[kind] ?? {};
    for (const part of editableParts) {
      const source = own[part];
      if (source !== undefined) checkWords(kind, part, source, mail.support);
    }
    await renderer.render(mail, kind, usual);
  }
}
