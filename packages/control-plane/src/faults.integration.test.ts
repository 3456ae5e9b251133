import { sessionFaultActions } from './testing/fault-actions.testkit.js';
import { testFaults } from './testing/fault-runs.testkit.js';

testFaults(sessionFaultActions);
