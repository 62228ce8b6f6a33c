// Frames of a guest, as they come from its vif.

export const MAC = '00:16:3e:00:00:07'

const octets = (hex: string): Buffer => Buffer.from(hex.replace(/[ :]/g, ''), 'hex')

/** `operation`: 1 request, 2 reply. */
export function arp({ mac = MAC, sender = MAC, address = '10.0.0.5', target = '10.0.0.1', operation = 1 } = {}): Buffer {
  const four = (text: string): Buffer => Buffer.from(text.split('.').map(Number))
  const head = octets(`0001 0800 0604 000${operation}`)
  return Buffer.concat([octets(`ffffffffffff ${mac} 0806`), head, octets(sender), four(address), Buffer.alloc(6), four(target)])
}

const GLOBAL = '20010db8000000000000000000000005'

/** Addresses: sixteen bytes, hexadecimal. */
export function neighbour({ mac = MAC, type = 135, source = GLOBAL, target = GLOBAL, hops = 255 } = {}): Buffer {
  const head = octets(`333300000001 ${mac} 86dd 60000000 0018 3a ${hops.toString(16).padStart(2, '0')}`)
  return Buffer.concat([
    head,
    octets(source),
    octets('ff020000000000000000000000000001'),
    octets(`${type.toString(16)} 00 0000 00000000`),
    octets(target),
  ])
}
