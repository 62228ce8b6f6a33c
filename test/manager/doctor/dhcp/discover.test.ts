import test from 'ava'
import { messageType } from '../../../../appliance/dhcp/fields.ts'
import { decodeDhcp } from '../../../../appliance/dhcp/packet.ts'
import { askingMac, discoverFrame, offerIn } from '../../../../manager/doctor/dhcp/discover.ts'
import { mac } from '../../../appliance/dhcp/packets.ts'

const NIC = mac('3c:ec:ef:00:00:01')
const XID = 0x1234abcd
const HEAD = 14 + 20 + 8

test('the question is one DISCOVER of a locally administered MAC that is always the same, and no REQUEST', (t) => {
  const frame = discoverFrame(NIC, XID)
  t.is(frame.subarray(0, 14).toString('hex'), 'ffffffffffff3cecef0000010800')
  const packet = decodeDhcp(frame.subarray(HEAD))
  t.is(messageType(packet), 'DISCOVER')
  const asking = packet.chaddr.subarray(0, 6).toString('hex')
  t.is(asking, askingMac(NIC).replaceAll(':', ''))
  t.is(Number.parseInt(asking.slice(0, 2), 16) & 3, 2)
  t.not(askingMac(mac('52:54:00:77:00:01')), mac('52:54:00:77:00:01'))
  t.is(packet.flags, 0x8000)
})

test('its IPv4 header sums up, and its lengths are its own', (t) => {
  const frame = discoverFrame(NIC, XID)
  let sum = 0
  for (let at = 14; at < 34; at += 2) sum += frame.readUInt16BE(at)
  t.is((sum & 0xffff) + (sum >>> 16), 0xffff)
  t.is(frame.readUInt16BE(16), frame.length - 14)
  t.is(frame.readUInt16BE(38), frame.length - 34)
  t.deepEqual([frame.readUInt16BE(34), frame.readUInt16BE(36)], [68, 67])
})

/** The question turned round: an OFFER, as a server would send it. */
function offer(change: (frame: Buffer) => void = () => undefined): Buffer {
  const frame = discoverFrame(NIC, XID)
  frame.writeUInt16BE(67, 34)
  frame.writeUInt16BE(68, 36)
  frame.write('0a4d00fe', 26, 'hex')
  frame.writeUInt8(2, HEAD)
  frame.write('0a4d0028', HEAD + 16, 'hex')
  frame.writeUInt8(2, HEAD + 240 + 2) // the message type is the first option
  change(frame)
  return frame
}

test('offerIn reads who offers what, and takes nothing else for an answer', (t) => {
  t.deepEqual(offerIn(offer(), XID), {
    server: '10.77.0.254',
    sentFrom: '10.77.0.254',
    mac: NIC,
    address: '10.77.0.40',
    relay: undefined,
    hasBootFile: false,
  } as never)
  t.is(offerIn(offer(), XID + 1), undefined)
  t.is(offerIn(discoverFrame(NIC, XID), XID), undefined)
  t.is(
    offerIn(
      offer((frame) => frame.writeUInt16BE(0x86dd, 12)),
      XID,
    ),
    undefined,
  )
  t.is(
    offerIn(
      offer((frame) => frame.writeUInt16BE(69, 36)),
      XID,
    ),
    undefined,
  )
  t.is(
    offerIn(
      offer((frame) => frame.write('00000000', HEAD + 16, 'hex')),
      XID,
    )?.address,
    undefined,
  )
})

test('an answer that is cut at any byte, or altered anywhere, is no error', (t) => {
  const whole = offer()
  for (let length = 0; length < whole.length; length++) t.notThrows(() => offerIn(whole.subarray(0, length), XID))
  for (let at = 0; at < whole.length; at++) {
    for (const value of [0, 0xff])
      t.notThrows(() =>
        offerIn(
          offer((frame) => frame.writeUInt8(value, at)),
          XID,
        ),
      )
  }
})
