/** Placeholder for the practice's colour in the MJML, so that the slow MJML need not run for each practice. */
export const colourMark = '#0b0b01';
/** Placeholder for the text colour on it. */
export const inkMark = '#0b0b02';
/** Placeholders for the band at the top and the text on it. */
export const bandMark = '#0b0b03';
export const bandInkMark = '#0b0b04';
/** Placeholder for the logo width in pixels; no other width in the emails has this value. */
export const logoWidthMark = 283;

const gap = 'margin:0 0 12px';

/** Wraps each text in a paragraph. */
export const paragraphs = (...texts: string[]): string =>
  `<mj-text css-class="words">${texts.map((text) => `<p style="${gap}">${text}</p>`).join('')}</mj-text>`;

/** A button with its URL printed below, for readers who cannot or prefer not to click it. */
export const button = (label: string, url: string): string =>
  `<mj-button href="${url}" background-color="${colourMark}" color="${inkMark}">${label}</mj-button>
   <mj-text css-class="quiet" font-size="14px" color="#4a4a4a" padding="0 24px 10px"><p class="again" style="margin:0">Or go to <a href="${url}" style="color:inherit">${url}</a></p></mj-text>`;

const label = (text: string): string => `<p class="label" style="margin:0;font-size:14px;color:#4a4a4a">${text}</p>`;

const userIdLines = `${label('User ID')}<p class="strong" style="margin:0;font-size:18px;font-weight:bold;overflow-wrap:anywhere">{{email}}</p>`;
const passwordLines = `<div style="height:14px"></div>${label('Temporary password')}<p class="secret" style="margin:0;font-family:Consolas,Menlo,'DejaVu Sans Mono',monospace;font-size:26px;line-height:36px;font-weight:bold;letter-spacing:1px">{{password}}</p>`;

const frame = (html: string): string =>
  `<mj-text css-class="frame" container-background-color="#f2f5f4" padding="18px 24px">${html}</mj-text>`;

/** Framed blocks for the details that readers must not miss. */
export const userId = frame(userIdLines);
export const fullLogin = frame(userIdLines + passwordLines);

export const firstLoginAhead =
  'The first time you log in, you confirm your details and choose your own password. The temporary password works until <strong>{{expiresOn}}</strong>.';

export const neverAsked =
  'Please keep this password to yourself. Nobody at {{practiceName}} will ever ask you for it, whether by phone, text message or email.';
