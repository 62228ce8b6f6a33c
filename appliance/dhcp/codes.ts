// Numbers and names of RFC 2131, 2132 and their successors (IANA bootp-dhcp-parameters), and the form of each option's data.

/** The option codes that we read or write ourselves. */
export const OPTION = {
  subnetMask: 1,
  router: 3,
  domainNameServer: 6,
  hostName: 12,
  broadcastAddress: 28,
  vendorSpecific: 43,
  requestedAddress: 50,
  leaseTime: 51,
  overload: 52,
  messageType: 53,
  serverIdentifier: 54,
  parameterRequestList: 55,
  message: 56,
  maximumMessageSize: 57,
  renewalTime: 58,
  rebindingTime: 59,
  vendorClass: 60,
  clientIdentifier: 61,
  tftpServerName: 66,
  bootfileName: 67,
  userClass: 77,
  relayAgentInformation: 82,
  clientArchitecture: 93,
  clientNetworkInterface: 94,
  clientMachineIdentifier: 97,
  subnetSelection: 118,
  etherboot: 175,
} as const

/** RFC 2132 section 9.6. */
export const MESSAGE_TYPES = ['DISCOVER', 'OFFER', 'REQUEST', 'DECLINE', 'ACK', 'NAK', 'RELEASE', 'INFORM'] as const
export type MessageType = (typeof MESSAGE_TYPES)[number]

/** The number on the wire, 1 to 8. */
export function messageTypeCode(type: MessageType): number {
  return MESSAGE_TYPES.indexOf(type) + 1
}

/** How an option's data reads; anything that does not fit its form is shown in hex. */
export type OptionForm = 'addresses' | 'text' | 'number' | 'seconds' | 'codes' | 'message-type' | 'architectures' | 'suboptions' | 'hex'

const OPTIONS: ReadonlyMap<number, readonly [name: string, form: OptionForm]> = new Map([
  [1, ['subnet-mask', 'addresses']],
  [3, ['router', 'addresses']],
  [6, ['domain-name-server', 'addresses']],
  [12, ['host-name', 'text']],
  [15, ['domain-name', 'text']],
  [28, ['broadcast-address', 'addresses']],
  [43, ['vendor-specific', 'suboptions']],
  [50, ['requested-address', 'addresses']],
  [51, ['lease-time', 'seconds']],
  [53, ['message-type', 'message-type']],
  [54, ['server-identifier', 'addresses']],
  [55, ['parameter-request-list', 'codes']],
  [56, ['message', 'text']],
  [57, ['maximum-message-size', 'number']],
  [58, ['renewal-time', 'seconds']],
  [59, ['rebinding-time', 'seconds']],
  [60, ['vendor-class', 'text']],
  [61, ['client-identifier', 'hex']],
  [66, ['tftp-server-name', 'text']],
  [67, ['bootfile-name', 'text']],
  [77, ['user-class', 'text']],
  [82, ['relay-agent-information', 'suboptions']],
  [93, ['client-architecture', 'architectures']],
  [94, ['client-network-interface', 'hex']],
  [97, ['client-machine-identifier', 'hex']],
  [118, ['subnet-selection', 'addresses']],
  [175, ['etherboot', 'suboptions']],
])

export function optionName(code: number): string {
  return OPTIONS.get(code)?.[0] ?? 'option'
}

export function optionForm(code: number): OptionForm {
  return OPTIONS.get(code)?.[1] ?? 'hex'
}
