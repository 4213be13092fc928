/** True for what a browser sends when somebody opens an address, and not for what scripts and programs send. */
export const opensPage = ({ method, headers }: Request): boolean =>
  method === 'GET' && (headers.get('accept')?.includes('text/html') ?? false);
