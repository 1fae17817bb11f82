import { convert } from 'html-to-text';
import mjml2html from 'mjml';
import { Problem } from '../lib/problem.js';
import type { MessageKind } from '../domain/message/message-kinds.js';
import { bandInkMark, bandMark, colourMark, inkMark, logoWidthMark } from './templates/blocks.js';
import { closingMark, layout, openingMark } from './templates/layout.js';
import { templates } from './templates/templates.js';

/** One kind of email as Handlebars sources, shared by all practices: colours, logo and texts are variables in it. */
export interface Shell {
  html: string;
  /** Derived from `html`, so that both parts say the same. */
  text: string;
}

/** @throws Problem `email-template-wrong` */
export async function compileShell(kind: MessageKind, withLogo: boolean): Promise<Shell> {
  const { html, errors } = await mjml2html(layout(templates[kind], withLogo), {
    // MJML's default fonts would make email programs load them from a third party.
    fonts: {},
    keepComments: false,
  });
  const [error] = errors;
  if (error) {
    throw new Problem({
      code: 'email-template-wrong',
      message: `The template of the ${kind} email is invalid: ${error.formattedMessage}`,
    });
  }
  const source = withMarks(html.replace(/\n\s*/g, '\n'));
  return { html: source, text: textOf(source) };
}

function withMarks(html: string): string {
  return (
    html
      .replaceAll(colourMark, '{{colour}}')
      .replaceAll(inkMark, '{{ink}}')
      .replaceAll(bandMark, '{{band}}')
      .replaceAll(bandInkMark, '{{bandInk}}')
      .replaceAll(String(logoWidthMark), '{{logoWidth}}')
      // If images are blocked, the practice name is shown in the logo's place, as readable as without a logo.
      .replace(/(<img[^>]*style=")/, '$1color:{{bandInk}};font-weight:bold;')
      .replaceAll(openingMark, '{{{opening}}}')
      .replaceAll(closingMark, '{{{closing}}}')
  );
}

function textOf(html: string): string {
  const line = (leading: number, trailing: number) => ({
    leadingLineBreaks: leading,
    trailingLineBreaks: trailing,
  });
  const text = convert(html, {
    wordwrap: false,
    selectors: [
      { selector: 'div.preheader', format: 'skip' },
      { selector: 'p.practice', format: 'skip' },
      { selector: 'p.again', format: 'skip' },
      { selector: 'img', format: 'skip' },
      { selector: 'h1', options: { uppercase: false } },
      { selector: 'a', options: { linkBrackets: ['<', '>'] } },
      { selector: 'a[href^="tel:"]', format: 'inline' },
      { selector: 'a[href^="mailto:"]', format: 'inline' },
      { selector: 'p.label', format: 'paragraph', options: line(2, 1) },
      { selector: 'p.strong', format: 'paragraph', options: line(1, 1) },
      { selector: 'p.secret', format: 'paragraph', options: line(1, 2) },
      { selector: 'p.contact', format: 'paragraph', options: line(1, 1) },
    ],
  });
  // Block tags on lines of their own must not leave empty lines behind.
  const inBlock = /\s*\{\{#if (support\w+)\}\}\s*(.*?)\s*\{\{\/if\}\}/gs;
  return text.replace(/\n{3,}/g, '\n\n').replace(inBlock, '\n{{#if $1}}\n$2\n{{/if}}');
}
