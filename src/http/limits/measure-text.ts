import { Lexer, Source, TokenKind } from 'graphql';
import { DOCUMENT_LIMITS, type DocumentSize } from './document-limits.ts';

const OPENING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const CLOSING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/**
 * Reads a text token by token, without a stack, for what the parser could not bear. `maxTokens` of graphql-js would count the
 * tokens only, and is there too late for brackets. A text that is too long is not read at all.
 * @throws GraphQLError where the text holds something that is no token.
 */
export function measureText(text: string): Pick<DocumentSize, 'characters' | 'lines' | 'tokens' | 'nesting'> {
  let [lines, tokens, nesting, open] = [1, 0, 0, 0];
  if (text.length <= DOCUMENT_LIMITS.characters.most) {
    lines += text.match(/\r\n|[\n\r]/g)?.length ?? 0;
    const lexer = new Lexer(new Source(text));
    while (lexer.advance().kind !== TokenKind.EOF) {
      tokens++;
      if (OPENING.has(lexer.token.kind)) nesting = Math.max(nesting, ++open);
      else if (CLOSING.has(lexer.token.kind)) open--;
    }
  }
  return { characters: text.length, lines, tokens, nesting };
}
