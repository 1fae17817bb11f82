import type { EmailTemplate } from './templates.js';
import { bandInkMark, bandMark, logoWidthMark } from './blocks.js';

/** Placeholders for the practice's own texts; they are filled in after MJML has run. */
export const openingMark = '%%opening%%';
export const closingMark = '%%closing%%';

const dark = `
  @media (prefers-color-scheme: dark) {
    body, .page, .page > div { background: #16181a !important; }
    .card, .card > table, .card > table > tbody > tr > td { background: #222629 !important; }
    .words, .words p, .words h1, .strong, .secret { color: #f4f6f7 !important; }
    .quiet, .quiet p, .label, .foot, .foot p { color: #c3cacf !important; }
    .words a, .quiet a, .foot a { color: #9ad7c2 !important; }
    .frame, .frame > div { background: #2d3337 !important; color: #f4f6f7 !important; }
  }
  @media (max-width: 480px) { .secret { font-size: 23px !important; } }
`;

const contact = (variable: string, html: string): string =>
  `{{#if ${variable}}}<p class="contact" style="margin:0">${html}</p>{{/if}}`;

const supportLines = [
  contact('supportPhone', 'Phone: <a href="tel:{{supportPhoneLink}}" style="color:inherit">{{supportPhone}}</a>'),
  contact('supportEmail', 'Email: <a href="mailto:{{supportEmail}}" style="color:inherit">{{supportEmail}}</a>'),
  contact('supportHours', 'Hours: {{supportHours}}'),
].join('');

const support = `<mj-divider border-width="1px" border-color="#c9d1ce" padding="10px 24px" />
      <mj-text css-class="words"><p class="strong" style="margin:0;font-weight:bold">{{practiceName}} is happy to help</p>${supportLines}</mj-text>`;

const notYou =
  '{{practiceName}} sent this to {{email}}, the email address it has on file for you. If this is not for you, please tell {{practiceName}}.';

const greeting = '<p style="margin:0 0 12px">Hello{{#if firstName}} <bdi>{{firstName}}</bdi>{{/if}},</p>';

/** The whole email as MJML with Handlebars in its texts. One column, so that it reads well on a phone. */
export function layout(template: EmailTemplate, withLogo: boolean): string {
  const head = withLogo
    ? `<mj-image src="{{logoUrl}}" alt="{{practiceName}}" width="${logoWidthMark}px" align="left" padding="16px 24px" font-size="20px" css-class="logo" />`
    : `<mj-text color="${bandInkMark}" font-size="20px" font-weight="bold" padding="20px 24px"><p class="practice" style="margin:0">{{practiceName}}</p></mj-text>`;
  return `<mjml lang="en" dir="ltr">
  <mj-head>
    <mj-title>${template.title}</mj-title>
    <mj-attributes>
      <mj-all font-family="'Segoe UI',Roboto,Helvetica,Arial,sans-serif" />
      <mj-text font-size="16px" line-height="1.5" color="#1b1f22" padding="10px 24px" />
      <mj-button font-size="17px" font-weight="bold" border-radius="6px" inner-padding="14px 28px" padding="14px 24px" align="left" />
      <mj-section padding="0" />
      <mj-body background-color="#e9edec" width="600px" css-class="page" />
    </mj-attributes>
    <mj-raw>
      <meta name="color-scheme" content="light dark">
      <meta name="supported-color-schemes" content="light dark">
      <meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
    </mj-raw>
    <mj-style>${dark}</mj-style>
  </mj-head>
  <mj-body background-color="#e9edec" css-class="page">
    <mj-raw><div class="preheader" style="display:none;max-height:0;overflow:hidden;opacity:0">${template.preheader}</div></mj-raw>
    <mj-section background-color="${bandMark}"><mj-column>${head}</mj-column></mj-section>
    <mj-section background-color="#ffffff" css-class="card" padding="14px 0 20px"><mj-column>
      <mj-text css-class="words"><h1 style="margin:0 0 16px;font-size:24px;line-height:32px">${template.title}</h1>${greeting}${openingMark}</mj-text>
      ${template.body}
      <mj-text css-class="words">${closingMark}</mj-text>
      ${template.toStaff ? '' : support}
    </mj-column></mj-section>
    <mj-section><mj-column>
      <mj-text css-class="foot" font-size="13px" color="#4a4a4a"><p style="margin:0">${template.toStaff ?? notYou}</p></mj-text>
    </mj-column></mj-section>
  </mj-body>
</mjml>`;
}
