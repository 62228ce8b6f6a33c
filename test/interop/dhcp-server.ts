// Our DHCP server in a network namespace, for the tests that speak with it from another one.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { namespacePair, talker } from './namespaces.ts'

export const RACK = new URL('dhcp-rack.ts', import.meta.url)

/** Two namespaces, a veth pair between them, our server on one end. */
export async function rack(t: ExecutionContext, mode: 'authoritative' | 'proxy' = 'authoritative') {
  const { serverSpace, clientSpace } = await namespacePair(t, '10.77.0.1/24')
  const server = talker(t, serverSpace, RACK, 'serve', 's0', mode)
  await server.next('ready', ({ kind }) => kind === 'ready')
  const folder = await mkdtemp(join(tmpdir(), 'hl-dhcp-'))
  t.teardown(() => rm(folder, { recursive: true }))
  return { server, serverSpace, clientSpace, folder }
}
