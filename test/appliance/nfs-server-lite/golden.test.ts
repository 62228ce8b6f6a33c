// Golden packets: golden/*.txt hold every call and its reply, as text and as bytes. A change of a
// byte is a change of the protocol: HOSTLESS_GOLDEN=write rewrites them, to be read before a commit.
import { readFileSync, writeFileSync } from 'node:fs'
import test from 'ava'
import { MOUNT_PROGRAM } from '../../../appliance/nfs-server-lite/mount3/program.ts'
import { NFS_PROGRAM } from '../../../appliance/nfs-server-lite/nfs3/program.ts'
import { portmapProgram } from '../../../appliance/nfs-server-lite/portmap2/program.ts'
import { describeCall } from '../../../appliance/nfs-server-lite/program.ts'
import { decodeCall } from '../../../appliance/nfs-server-lite/rpc.ts'
import { Asker, CLIENT } from './caller.ts'
import { everyCall } from './calls.ts'
import { describeReply } from './describe.ts'
import { EVERYTHING, testExport } from './tree.ts'
import { decodeReply, MOUNT, NFS } from './wire.ts'

const PATH = '/dom0/0123456789abcdef'
const mapping = { vers: 3, prot: 6, port: 2049 }
const programs = [
  NFS_PROGRAM,
  MOUNT_PROGRAM,
  portmapProgram([
    { prog: NFS, ...mapping },
    { prog: MOUNT, ...mapping },
  ]),
]
const asker = new Asker([testExport(EVERYTHING)], { programs, mounts: [{ clientAddress: CLIENT, path: PATH }] })

for (const kind of ['NFS', 'MOUNT', 'PORTMAP']) {
  test(`every ${kind} call and its reply are the golden ones, byte for byte`, async (t) => {
    const texts: string[] = []
    for (const { name, message } of everyCall(asker)) if (name.startsWith(`${kind} `)) texts.push(await exchange(name, message))
    const text = texts.join('\n')
    const file = new URL(`golden/${kind.toLowerCase()}.txt`, import.meta.url)
    if (process.env.HOSTLESS_GOLDEN === 'write') writeFileSync(file, text)
    t.is(text, readFileSync(file, 'utf8'))
  })
}

async function exchange(name: string, message: Buffer): Promise<string> {
  const call = decodeCall(message)
  if (call.kind !== 'call') throw new Error(`${name} is denied`)
  const reply = await asker.reply(message)
  const said = describeReply(call.prog, call.proc, decodeReply(reply))
  return [`# ${name}`, `call   ${describeCall(programs, call)}`, ...hex(message), `reply  ${said}`, ...hex(reply), ''].join('\n')
}

function hex(bytes: Buffer): string[] {
  const lines: string[] = []
  for (let offset = 0; offset < bytes.length; offset += 32) {
    const words =
      bytes
        .subarray(offset, offset + 32)
        .toString('hex')
        .match(/.{1,8}/g) ?? []
    lines.push(`  ${offset.toString(16).padStart(4, '0')}  ${words.join(' ')}`)
  }
  return lines
}
