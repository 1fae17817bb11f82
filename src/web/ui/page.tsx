import type { ComponentChildren } from 'preact';
import { asset } from '../http/assets.js';

interface PageProps {
  title: string;
  /** `staff` or `pet`: which of the two looks. */
  look: 'staff' | 'pet';
  /** Files of `public/`, loaded after the page; each works on what it finds and the page works without. */
  scripts?: readonly string[];
  children: ComponentChildren;
}

/** The frame of every page. */
export function Page({ title, look, scripts = [], children }: PageProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex, nofollow" />
        <title>{title}</title>
        <link rel="icon" href={asset('icon.svg')} type="image/svg+xml" />
        <link rel="stylesheet" href={asset('app.css')} />
        {scripts.map((name) => (
          <script key={name} type="module" src={asset(name)} />
        ))}
      </head>
      <body class={`look-${look}`}>
        <a class="skip" href="#content">
          Skip to the content
        </a>
        {children}
      </body>
    </html>
  );
}
