// The Node driver against itself.

import '../../src/node.ts'
import { NODE } from './driver-facts.ts'
import { localSide, NODE_CONFIGURATION } from './side.ts'
import { describeConformance } from './suite.ts'

describeConformance('node–node', () => ({
  a: localSide(NODE, NODE_CONFIGURATION),
  b: localSide(NODE, NODE_CONFIGURATION),
}))
