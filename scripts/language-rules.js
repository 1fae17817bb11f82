// Words and phrases that this project avoids, each with its replacement. GLOSSARY.md defines the terms. `npm run
// language` searches comments, texts and documents for them; test/scripts/language.test.ts tests each rule.

/** @typedef {{ pattern: RegExp, instead: string, example: string }} LanguageRule */

/** @type {LanguageRule[]} */
export const languageRules = [
  rule(/\bwhom\b/i, 'who, or name the person', 'The client whom it is about.'),
  rule(/\bwhoever\b/i, 'name the person: staff, the pet parent', 'Whoever logs in.'),
  rule(/\banew\b/i, 'again', 'Reads it anew.'),
  rule(/\bnoughts?\b/i, 'zero, nothing', 'All for nought.'),
  rule(/\blest\b/i, 'so that ... not', 'Close it lest it leaks.'),
  rule(/\bwere it\b/i, 'if', 'Were it only this moment.'),
  rule(/\bso many\b/i, 'a number with its unit', 'Not before so many milliseconds.'),
  rule(/\bthat which\b/i, 'name the thing', 'That which was read.'),
  rule(/\bnobody is\b/i, 'name who does it', 'Nobody is marked.'),
  rule(/\bin line again\b/i, 'queued again', 'The email is in line again.'),
  rule(/\b(taken|takes?|took) back\b/i, 'recalled, canceled', 'The email was taken back.'),
  rule(/\bcounts again\b/i, 'is active again', 'The rule counts again.'),
  rule(/\bworks no more\b/i, 'is revoked, has expired', 'The link works no more.'),
  rule(/\bof late\b/i, 'recently', 'It failed of late.'),
  rule(/\bstands? (in|there|as|beneath)\b/i, 'is', 'It stands in the log.'),
  rule(/\b(is|are) to be [a-z]+ed\b/i, 'must be, or an active verb', 'It is to be deleted.'),
  rule(/\bfor want of\b/i, 'because ... is missing', 'Lost for want of reading.'),
  rule(/, for (it|they|he|she|nobody|what|who|a|the) [a-z]+s\b/, 'because', 'Close it, for it leaks.'),
  rule(
    /(^|[.!?] |\* |\/\/ )(What (is|are|was|has|cannot|may|must|would|came|went|stands|differs|fails|follows)|Those who|Such (is|are))\b(?![^.]*\?)/,
    'a sentence that begins with a thing or a verb',
    'What is read is kept.',
  ),
  rule(/\b[Aa] mail\b|\bmails\b/, 'email, message', 'The mails of a night.'),
  rule(/\bbrakes?\b/i, 'safety stop', 'The brake stopped it.'),
  rule(/\bvanish(es|ed|ing)?\b/i, 'missing', 'The client vanished.'),
  rule(/\bundecided\b/i, 'needs evaluation', 'It is undecided.'),
  rule(/\bwork items?\b/i, 'task', 'It opens a work item.'),
  rule(/\blanes?\b/i, 'queue', 'The lane is full.'),
  rule(/\btwins?\b/i, 'duplicate suspect', 'It has a twin.'),
  // A canary beside a cockatiel is a bird.
  rule(/\bcanar(y|ies)\b(?!,cockatiel)/i, 'rollout', 'The canary failed.'),
  rule(/\bwaves?\b/i, 'campaign', 'A wave of emails.'),
  rule(/\bmirror(ed|s)?\b/i, 'client copy', 'The mirror of the PIMS.'),
  rule(/\bburn(s|t|ed)?\b/i, 'clear, cleared', 'The password is burnt.'),
  rule(/\bpractice systems?\b/i, 'practice software, PIMS', 'Their practice system.'),
  rule(/\bthis house\b|\bthe house\b/i, 'this project', 'The rules of the house.'),
  rule(/\b(is|are|was|were|still) owed\b|\bow(es|ing)\b/i, 'is queued', 'The email is owed.'),
  rule(/\bways? in\b/i, 'login, password reset', 'It offers a way in.'),
  rule(/\bwork lists?\b/i, 'Tasks page', 'It is on the work list.'),
  rule(/\bline ends?\b/i, 'line break', 'A text with line ends.'),
  rule(/\bput together\b/i, 'rendered, built', 'The email could not be put together.'),
  rule(/\bin good order\b/i, 'cleanly', 'It ends in good order.'),
  rule(/\b(is|are|was|were|be) away\b/i, 'is down, does not answer', 'Redis is away.'),
  rule(/\bby (a )?guess\b/i, 'on a guess', 'Never sent again by guess.'),
  rule(/\bfor ever\b/i, 'forever', 'It is kept for ever.'),
  rule(/\bweather\b/i, 'conditions', 'The weather of SES.'),
  rule(/\bbreaths?\b/i, 'chunk', 'A breath of work.'),
];

function rule(pattern, instead, example) {
  return { pattern, instead, example };
}
