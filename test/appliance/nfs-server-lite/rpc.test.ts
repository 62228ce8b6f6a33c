import test from 'ava'
import fc from 'fast-check'
import { AcceptStat, acceptedReply, decodeCall, deniedReply, finishReply, mismatchReply } from '../../../appliance/nfs-server-lite/rpc.ts'
import { WireError } from '../../../appliance/wire/cursor.ts'
import { decodeReply, encodeCall, join, opaque, u32 } from './wire.ts'

const header = u32(9, 0, 2, 100003, 3, 1)

test('decodeCall reads AUTH_SYS with its groups, and leaves the cursor at the arguments', (t) => {
  const word = fc.integer({ min: 0, max: 0xffff_ffff })
  fc.assert(
    fc.property(word, word, word, fc.array(word, { maxLength: 16 }), fc.uint8Array({ maxLength: 9 }), (xid, uid, gid, gids, rest) => {
      const call = decodeCall(encodeCall({ xid, prog: 1, vers: 2, proc: 3, auth: { uid, gid, gids } }, Buffer.from(rest)))
      if (call.kind !== 'call') return t.fail()
      t.deepEqual(
        { ...call, arguments: call.arguments.rest() },
        {
          kind: 'call',
          xid,
          prog: 1,
          vers: 2,
          proc: 3,
          credential: { kind: 'sys', uid, gid, gids },
          arguments: Buffer.from(rest),
        },
      )
    }),
  )
})

test('decodeCall reads AUTH_NONE', (t) => {
  const call = decodeCall(encodeCall({ prog: 1, vers: 2, proc: 3 }))
  t.like(call, { kind: 'call', credential: { kind: 'none' } })
})

test('an RPC version other than 2 is denied with RPC_MISMATCH 2..2', (t) => {
  for (const version of [0, 1, 3, 0xffff_ffff]) {
    const call = decodeCall(u32(9, 0, version))
    if (call.kind !== 'denied') return t.fail()
    t.deepEqual(decodeReply(finishReply(deniedReply(call), 0).subarray(4)), { xid: 9, stat: 'RPC_MISMATCH', low: 2, high: 2 })
  }
})

test('other flavors, broken AUTH_SYS and oversized credentials are denied with AUTH_BADCRED', (t) => {
  const sys = (body: Buffer) => join(u32(1), opaque(body), u32(0, 0))
  const bad: readonly (readonly [string, Buffer])[] = [
    ['AUTH_SHORT', join(u32(2), opaque('abcd'), u32(0, 0))],
    ['RPCSEC_GSS', join(u32(6), opaque('abcd'), u32(0, 0))],
    ['empty AUTH_SYS', sys(Buffer.alloc(0))],
    ['17 groups', sys(join(u32(1), opaque('m'), u32(0, 0, 17), Buffer.alloc(17 * 4)))],
    ['groups cut off', sys(join(u32(1), opaque('m'), u32(0, 0, 16)))],
    ['machinename of 256 bytes', sys(join(u32(1), opaque(Buffer.alloc(256)), u32(0, 0, 0)))],
    ['401 bytes', join(u32(0), opaque(Buffer.alloc(401)), u32(0, 0))],
    ['length bomb', u32(1, 0xffff_ffff)],
  ]
  for (const [name, cred] of bad) {
    t.deepEqual(decodeCall(join(header, cred)), { kind: 'denied', xid: 9, rejection: { kind: 'auth-error', stat: 1 } }, name)
  }
})

test('a verifier that is not AUTH_NONE is denied with AUTH_BADVERF', (t) => {
  for (const verifier of [u32(1, 0), u32(0, 4, 0), u32(0, 0xffff_ffff)]) {
    const call = decodeCall(join(header, u32(0, 0), verifier))
    if (call.kind !== 'denied') return t.fail()
    t.deepEqual(decodeReply(finishReply(deniedReply(call), 0).subarray(4)), { xid: 9, stat: 'AUTH_ERROR', why: 3 })
  }
})

test('a reply, and anything cut off before its arguments, is a WireError', (t) => {
  t.throws(() => decodeCall(u32(9, 1, 0, 0, 0, 0)), { instanceOf: WireError, message: /no call/ })
  const whole = encodeCall({ prog: 1, vers: 2, proc: 3, auth: { uid: 1, gid: 2, gids: [3] } })
  for (let length = 0; length < whole.length; length++) {
    t.throws(() => decodeCall(whole.subarray(0, length)), { instanceOf: WireError }, `${length} bytes`)
  }
})

test('replies carry their record mark, the bytes that follow included', (t) => {
  t.is(finishReply(acceptedReply(7, AcceptStat.SUCCESS), 1000).readUInt32BE(0), 0x8000_0000 + 24 + 1000)
  t.deepEqual(decodeReply(finishReply(mismatchReply(7, 3, 3), 0).subarray(4)), { xid: 7, stat: 'PROG_MISMATCH', low: 3, high: 3 })
})
