// A message as mail (RFC 5322): headers that nobody's name can add to, text as quoted-printable (RFC 2045, 6.7). Pure.
import { type Message, oneLine, subjectOf, textOf } from '../message.ts'
import type { MailSettings } from '../target.ts'

/** Characters of a line that is quoted-printable, and of an encoded word. */
const LINE = 76
const WORD = 45
/** Characters of a subject. */
const LONGEST_SUBJECT = 200

/** All of it ASCII, lines end with CR LF and have at most 998 characters. */
export function mailOf(message: Message, { from, to }: Pick<MailSettings, 'from' | 'to'>): string {
  const headers: readonly (readonly [string, string])[] = [
    ['Date', dateOf(message.at)],
    ['From', `Hostless <${from}>`],
    ['To', to.map((address) => `<${address}>`).join(',\r\n ')],
    ['Subject', headerText(`[Hostless] ${subjectOf(message)}`)],
    // The same each time that it is sent: mail programs show a repeat once.
    ['Message-ID', `<${message.id}@${from.slice(from.lastIndexOf('@') + 1)}>`],
    ['Auto-Submitted', 'auto-generated'],
    ['MIME-Version', '1.0'],
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Content-Transfer-Encoding', 'quoted-printable'],
  ]
  return `${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${quotedPrintable(textOf(message))}\r\n`
}

/** RFC 5322, 3.3, in UTC. */
function dateOf(at: number): string {
  return new Date(at).toUTCString().replace(/GMT$/, '+0000')
}

/** RFC 2047: encoded words where it is not ASCII, folded; never a line end of its own. */
export function headerText(text: string): string {
  const line = Array.from(oneLine(text)).slice(0, LONGEST_SUBJECT).join('')
  if (/^[\x20-\x7e]*$/.test(line) && !line.includes('=?')) return folded(line.split(' '), LINE - 'Subject: '.length)
  const words: string[] = []
  let bytes: Buffer = Buffer.alloc(0)
  for (const character of line) {
    const next = Buffer.from(character, 'utf8')
    if (bytes.length + next.length > WORD) {
      words.push(bytes.toString('base64'))
      bytes = Buffer.alloc(0)
    }
    bytes = Buffer.concat([bytes, next])
  }
  return [...words, bytes.toString('base64')].map((word) => `=?utf-8?B?${word}?=`).join('\r\n ')
}

/** A word that is longer than a line stays one: it is shorter than what a line may have. */
function folded(words: readonly string[], first: number): string {
  let [said, room] = ['', first]
  for (const [index, word] of words.entries()) {
    const isNew = index > 0 && word.length + 1 > room
    said += index === 0 ? word : isNew ? `\r\n ${word}` : ` ${word}`
    room = (isNew ? LINE : room) - word.length - 1
  }
  return said
}

export function quotedPrintable(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map(quotedLine)
    .join('\r\n')
}

function quotedLine(line: string): string {
  const bytes = [...Buffer.from(line, 'utf8')]
  let [said, length] = ['', 0]
  for (const [index, byte] of bytes.entries()) {
    const isBlank = byte === 0x20 || byte === 0x09
    const isPlain = isBlank ? index < bytes.length - 1 : byte > 0x20 && byte < 0x7f && byte !== 0x3d
    const coded = isPlain ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
    if (length + coded.length > LINE - 1) {
      said += '=\r\n'
      length = 0
    }
    said += coded
    length += coded.length
  }
  return said
}

/** RFC 5321, 4.5.2: what ends the mail for the server stands nowhere in it. Lines end with CR LF, the last one too. */
export function dotStuffed(mail: string): string {
  return mail.replace(/^\./gm, '..')
}
