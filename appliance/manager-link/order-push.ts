// What the manager is told of orders to boot something else once that hosts have followed, so that it gives them to no appliance again. Pure.
import type { FollowedOrders } from '../store/followed-orders.ts'
import type { Source } from './source.ts'

const AT_ONCE = 256

export function followedSource(followed: Pick<FollowedOrders, 'untold' | 'acknowledged'>): Source {
  return () => {
    const untold = followed.untold(AT_ONCE)
    const acknowledged = () => followed.acknowledged(untold)
    return untold.length > 0 ? { path: '/appliance/attempts', body: { attempts: [], followed: untold }, acknowledged } : undefined
  }
}
