/** `x-lookup-cache: refresh` asks the user API even for people that are in memory, like `Cache-Control: no-cache`. */
export const wantsFreshPeople = ({ headers }: Request): boolean => headers.get('x-lookup-cache') === 'refresh';

/** `x-lookup-receipt: true` wants to know what answering took. */
export const wantsReceipt = ({ headers }: Request): boolean => headers.get('x-lookup-receipt') === 'true';
