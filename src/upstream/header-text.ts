/** True for what every header can hold and no program on the way changes: visible ASCII, without spaces. */
export const isHeaderText = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);
