/** Lesson text: Markdown to lines of the screen. */
import { marked, type Token, type Tokens } from 'marked';
import { cells, neutralise, splitAt, toWidth } from '../line.ts';
import type { Style, Theme } from '../theme.ts';

interface Span {
  readonly text: string;
  readonly style: Style | undefined;
}

/** @returns the lines of `markdown` at `width` cells; empty text gives none */
export function composeMarkdown(markdown: string, width: number, theme: Theme): string[] {
  return withoutLastBlank(blockLines(marked.lexer(neutralise(markdown)), Math.max(8, width), theme));
}

function blockLines(tokens: readonly Token[], width: number, theme: Theme): string[] {
  return tokens.flatMap((token) => oneBlock(token, width, theme));
}

function oneBlock(token: Token, width: number, theme: Theme): string[] {
  switch (token.type) {
    case 'heading':
      return [...wrapSpans(spansOf(token.tokens, 'heading'), width, theme), ''];
    case 'paragraph':
      return [...wrapSpans(spansOf(token.tokens), width, theme), ''];
    case 'text':
      return wrapSpans(spansOf(token.tokens ?? [token]), width, theme);
    case 'code':
      return [
        ...(token as Tokens.Code).text
          .split('\n')
          .map((line) => `  ${theme.paint('code', toWidth(line, Math.min(cells(line), width - 2)))}`),
        '',
      ];
    case 'blockquote':
      return [
        ...withoutLastBlank(blockLines(trimmed(token.tokens), width - 2, theme)).map((line) =>
          line === '' ? line : `${theme.paint('border', '▌')} ${line}`,
        ),
        '',
      ];
    case 'list':
      return [...listLines(token as Tokens.List, width, theme), ''];
    case 'table':
      return [...tableLines(token as Tokens.Table, width, theme), ''];
    case 'hr':
      return [theme.paint('border', '─'.repeat(width)), ''];
    default:
      return [];
  }
}

function listLines(list: Tokens.List, width: number, theme: Theme): string[] {
  const start = Number(list.start) || 1;
  return list.items.flatMap((item, index) => {
    const mark = list.ordered ? `${start + index}. ` : '• ';
    const lines = blockLines(trimmed(item.tokens), width - cells(mark), theme).filter(
      (line, row, all) => line !== '' || row < all.length - 1,
    );
    return lines.map((line, row) => (row === 0 ? theme.paint('accent', mark) : ' '.repeat(cells(mark))) + line);
  });
}

function tableLines(table: Tokens.Table, width: number, theme: Theme): string[] {
  const plain = (cell: Tokens.TableCell) =>
    spansOf(cell.tokens)
      .map((span) => span.text)
      .join('');
  const rows = [table.header.map(plain), ...table.rows.map((row) => row.map(plain))];
  const widths = table.header.map((_, column) => Math.max(...rows.map((row) => cells(row[column] ?? ''))));
  const fits = widths.reduce((sum, columnWidth) => sum + columnWidth + 2, 0) <= width + 2;
  const shown = fits ? widths : widths.map(() => Math.max(4, Math.floor(width / widths.length) - 2));
  return rows.map((row, index) => {
    const line = row.map((cell, column) => toWidth(cell, shown[column] ?? 4)).join('  ');
    return index === 0 ? theme.paint('bold', line) : line;
  });
}

function withoutLastBlank(lines: string[]): string[] {
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function trimmed(tokens: readonly Token[] | undefined): readonly Token[] {
  return (tokens ?? []).filter((token) => token.type !== 'space');
}

function spansOf(tokens: readonly Token[] | undefined, style?: Style): Span[] {
  return (tokens ?? []).flatMap((token): Span[] => {
    switch (token.type) {
      case 'strong':
        return spansOf(token.tokens, 'bold');
      case 'em':
        return spansOf(token.tokens, 'italic');
      case 'codespan':
        return [{ text: unescapeEntities(token.text), style: 'code' }];
      case 'link':
        return [...spansOf(token.tokens, style), { text: ` (${token.href})`, style: 'dim' }];
      case 'br':
        return [{ text: '\n', style: undefined }];
      default:
        if ('tokens' in token && token.tokens) return spansOf(token.tokens, style);
        return [{ text: unescapeEntities('text' in token ? String(token.text) : token.raw), style }];
    }
  });
}

function unescapeEntities(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

/** Breaks styled text between words; a word longer than the line is cut. */
export function wrapSpans(spans: readonly Span[], width: number, theme: Theme): string[] {
  const lines: string[] = [];
  let line = '';
  let filled = 0;
  let gap = false;
  const endLine = () => {
    lines.push(line);
    line = '';
    filled = 0;
    gap = false;
  };
  for (const word of wordsOf(spans)) {
    if (word.isBreak) {
      endLine();
      continue;
    }
    if (word.isSpace) {
      gap = filled > 0;
      continue;
    }
    const size = word.pieces.reduce((sum, piece) => sum + cells(piece.text), 0);
    if (filled > 0 && filled + (gap ? 1 : 0) + size > width) endLine();
    if (gap) {
      line += ' ';
      filled++;
      gap = false;
    }
    for (const piece of word.pieces) {
      let rest = piece.text;
      while (filled + cells(rest) > width) {
        const [head, tail] = splitAt(rest, width - filled);
        if (head === '' && filled === 0) break;
        line += painted(head, piece.style, theme);
        endLine();
        rest = tail;
      }
      line += painted(rest, piece.style, theme);
      filled += cells(rest);
    }
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines;
}

interface Word {
  readonly pieces: Span[];
  readonly isSpace: boolean;
  readonly isBreak: boolean;
}

/** Words may be made of several styles: `**kube**let.` must not be torn apart. */
function wordsOf(spans: readonly Span[]): Word[] {
  const words: Word[] = [];
  let isOpen = false;
  for (const span of spans) {
    if (span.text === '\n' && span.style === undefined) {
      words.push({ pieces: [], isSpace: false, isBreak: true });
      isOpen = false;
      continue;
    }
    for (const part of span.text.split(/([ \n]+)/)) {
      if (part === '') continue;
      if (/^[ \n]/.test(part)) {
        words.push({ pieces: [], isSpace: true, isBreak: false });
        isOpen = false;
      } else if (isOpen) {
        words.at(-1)?.pieces.push({ text: part, style: span.style });
      } else {
        words.push({ pieces: [{ text: part, style: span.style }], isSpace: false, isBreak: false });
        isOpen = true;
      }
    }
  }
  return words;
}

function painted(text: string, style: Style | undefined, theme: Theme): string {
  return style ? theme.paint(style, text) : text;
}
