// What a user writes for a manager, as a URL. Pure.
import { CommandFailure } from '../failure.ts'

const DEFAULT_PORT = 8443

/** `10.77.0.1`, `pool.example:8443`, `https://pool.example`. Throws a CommandFailure for what is no place of a manager. */
export function managerUrl(text: string): URL {
  const isBare = !/^[a-z][a-z0-9+.-]*:\/\//i.test(text)
  const full = isBare ? `https://${text}` : text
  const refuse = (why: string) => new CommandFailure(`${text} is no address of a manager: ${why}; say https://HOST:PORT`, 2)
  if (!URL.canParse(full)) throw refuse('it cannot be read as a URL')
  const url = new URL(full)
  if (url.protocol !== 'https:') throw refuse('a manager is spoken to over https only')
  if (url.username !== '' || url.password !== '') throw refuse('no user or password belongs in it')
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') throw refuse('nothing follows the port')
  if (isBare && !/:\d+$/.test(text)) url.port = String(DEFAULT_PORT)
  return url
}
