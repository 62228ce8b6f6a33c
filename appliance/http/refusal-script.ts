// What a person at the console reads when a machine is not to boot now: an iPXE script that says why and asks again.
// The reason may hold hostile text (a host name): nothing in it may be a command, a setting or a quote to iPXE.

const RETRY_SECONDS = 10
const LONGEST_REASON = 480
const LINE = 72

/** @param url where to ask again, of our own making */
export function refusalScript(reason: string, url: string): string {
  return [
    '#!ipxe',
    ':again',
    'echo',
    'echo Hostless does not boot this machine now:',
    ...wrap(harmless(reason)).map((line) => `echo   ${line}`),
    `echo Asking again in ${RETRY_SECONDS} seconds.`,
    `sleep ${RETRY_SECONDS} ||`, // Ctrl-C only shortens the wait
    `chain --replace --autofree ${url} || goto again`,
    '',
  ].join('\n')
}

/** iPXE's parser gives a meaning to `$ { } # | & ; \` and quotes; "echo -n" has one too. */
function harmless(text: string): string {
  return text
    .slice(0, LONGEST_REASON)
    .replace(/[^A-Za-z0-9.,:()/_+=@%!?-]+/g, ' ')
    .replace(/(^| )-+/g, '$1')
    .trim()
}

function wrap(text: string): readonly string[] {
  const lines = text.match(new RegExp(`\\S.{0,${LINE - 1}}(?=\\s|$)|\\S{${LINE}}`, 'g')) ?? []
  return lines.map((line) => line.trim())
}
