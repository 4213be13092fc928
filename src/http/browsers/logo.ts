/** The icon of every page. */
export const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32"><rect width="32" height="32" rx="8" fill="#3370ff"/><circle cx="16" cy="12" r="5" fill="#fff"/><path d="M6 26c1-6 5-8 10-8s9 2 10 8z" fill="#fff"/></svg>';

export const FAVICON = `data:image/svg+xml,${encodeURIComponent(LOGO)}`;

/** Of every page, too. */
export const TITLE = 'Lark users';
