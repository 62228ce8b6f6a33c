/** On which the two ends of a mirror meet. Beside those that people write into drbd.conf by hand, which count from 7788: what dom0's DRBD listens on is not reported. */
export const MIRROR_PORTS = { first: 7800, last: 8799 } as const
