import test from 'ava'
import { MOUNT_PROGRAM } from '../../../appliance/nfs-server-lite/mount3/program.ts'
import { NFS_PROGRAM } from '../../../appliance/nfs-server-lite/nfs3/program.ts'
import { portmapProgram } from '../../../appliance/nfs-server-lite/portmap2/program.ts'
import { describeCall } from '../../../appliance/nfs-server-lite/program.ts'
import { decodeCall } from '../../../appliance/nfs-server-lite/rpc.ts'
import { WireError } from '../../../appliance/wire/cursor.ts'
import { Asker } from './caller.ts'
import { everyCall } from './calls.ts'
import { EVERYTHING, testExport } from './tree.ts'
import { decodeReply, encodeCall, MOUNT, NFS, PORTMAP, u32 } from './wire.ts'

const programs = [NFS_PROGRAM, MOUNT_PROGRAM, portmapProgram([{ prog: NFS, vers: 3, prot: 6, port: 2049 }])]
const asker = new Asker([testExport(EVERYTHING)], { programs })

for (const { name, message } of everyCall(asker)) {
  test(`${name}, cut at every byte, is a WireError or GARBAGE_ARGS; whole it is answered`, async (t) => {
    t.is(decodeReply(await asker.reply(message)).stat, 'SUCCESS')
    for (let length = 0; length < message.length; length++) {
      const cut = message.subarray(0, length)
      try {
        t.is(decodeReply(await asker.reply(cut)).stat, 'GARBAGE_ARGS', `${length} bytes`)
      } catch (error) {
        t.true(error instanceof WireError, `${length} bytes: ${error}`)
      }
    }
  })

  test(`${name} with bytes left over is GARBAGE_ARGS`, async (t) => {
    t.is(decodeReply(await asker.reply(Buffer.concat([message, u32(0)]))).stat, 'GARBAGE_ARGS')
  })
}

test('an unknown program is PROG_UNAVAIL: NFSACL, which Linux asks for, too', async (t) => {
  for (const prog of [0, 100227, 100021, 0xffff_ffff]) t.deepEqual(await asker.ask(prog, 0), { xid: 1, stat: 'PROG_UNAVAIL' })
})

test('NFS and MOUNT of versions 2 and 4 are PROG_MISMATCH 3..3', async (t) => {
  for (const prog of [NFS, MOUNT]) {
    for (const vers of [0, 1, 2, 4, 0xffff_ffff]) {
      t.deepEqual(await asker.ask(prog, 0, Buffer.alloc(0), vers), { xid: 1, stat: 'PROG_MISMATCH', low: 3, high: 3 })
    }
  }
})

test('portmap of versions 3 and 4 is PROG_MISMATCH 2..2', async (t) => {
  for (const vers of [1, 3, 4])
    t.deepEqual(await asker.ask(PORTMAP, 0, Buffer.alloc(0), vers), { xid: 1, stat: 'PROG_MISMATCH', low: 2, high: 2 })
})

test('an unknown procedure is PROC_UNAVAIL', async (t) => {
  const stats = [asker.ask(NFS, 22), asker.ask(NFS, 0xffff_ffff), asker.ask(MOUNT, 6), asker.ask(PORTMAP, 6, Buffer.alloc(0), 2)]
  for (const reply of await Promise.all(stats)) t.is(reply.stat, 'PROC_UNAVAIL')
})

test('a tree that throws is SYSTEM_ERR, and the fault is told', (t) => {
  const source = testExport(EVERYTHING)
  const broken = {
    ...source,
    tree: {
      ...source.tree,
      attributes: () => {
        throw new Error('index is damaged')
      },
    },
  }
  const answer = new Asker([broken]).answer(encodeCall({ prog: NFS, vers: 3, proc: 1 }, asker.fh('/')))
  if (answer.kind !== 'reply') return t.fail()
  t.is(decodeReply(answer.reply.subarray(4)).stat, 'SYSTEM_ERR')
  t.regex(String(answer.fault), /index is damaged/)
})

test('describeCall names program, procedure, xid and who calls', (t) => {
  const text = (header: Parameters<typeof encodeCall>[0]) => describeCall(programs, decodeCall(encodeCall(header)))
  t.is(text({ xid: 0x1f2e, prog: NFS, vers: 3, proc: 3, auth: { uid: 5, gid: 0 } }), 'NFS 3 LOOKUP xid 0x1f2e uid 5')
  t.is(text({ xid: 1, prog: NFS, vers: 4, proc: 1 }), 'NFS 4 procedure 1 xid 0x1 AUTH_NONE')
  t.is(text({ xid: 1, prog: 7, vers: 1, proc: 9 }), 'program 7 1 procedure 9 xid 0x1 AUTH_NONE')
  t.is(describeCall(programs, decodeCall(u32(9, 0, 5))), 'denied call xid 0x9 (rpc-mismatch)')
})
