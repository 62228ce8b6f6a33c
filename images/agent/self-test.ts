// What a bundle is asked before it may take an agent's place: whether it can do here what an agent does, without doing any of it.
import { decodeAgentMessage, encodeMessage } from '../../manager/protocol/codec.ts'
import { uuid } from '../../manager/protocol/values.ts'
import type { Backend } from './backend.ts'
import { readBoot } from './boot.ts'
import { collect, EMPTY_INVENTORY, update } from './collect.ts'

/** Resolves with what is wrong; undefined: nothing. `boot`: the file that the initramfs has left. */
export async function selfTest(backend: Backend, boot: string): Promise<string | undefined> {
  const text = await backend.read(boot)
  const read = readBoot(text ?? '')
  if (read.kind === 'refused') return `${boot}: ${read.reason}`
  const { inventory } = update(EMPTY_INVENTORY, await collect(backend, ['kernel', 'memory', 'addresses', 'iscsi']))
  const run = uuid.parse('00000000-0000-4000-8000-000000000000')
  const encoded = encodeMessage({ kind: 'inventory', run, revision: 1, inventory })
  if (encoded.kind === 'refused') return encoded.reason
  const decoded = decodeAgentMessage(encoded.bytes)
  return decoded.kind === 'refused' ? `what it reports is no report: ${decoded.reason}` : undefined
}
