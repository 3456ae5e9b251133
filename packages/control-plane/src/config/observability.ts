import { Type } from 'typebox';

/** Settings of the audit log. */
export const AuditSchema = Type.Object(
  {
    retentionDays: Type.Number({
      minimum: 1,
      maximum: 3_650,
      default: 90,
      description: 'Days after which entries of the audit log are removed',
    }),
    userIp: Type.Boolean({ default: true, description: "Whether the audit log gets users' addresses (UserIp)" }),
  },
  { default: {}, additionalProperties: false, description: 'Audit log of all changes' },
);

/** Who may read the metrics, and where. */
export const MetricsSchema = Type.Object(
  {
    token: Type.String({
      default: '',
      description: 'Secret: bearer token that scrapers of /metrics must send; empty: only this machine may read them',
    }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      default: 0,
      description: 'TCP port of its own for /metrics; 0: on the port of the API',
    }),
    listenAddress: Type.String({ default: '127.0.0.1', description: 'Address of that port' }),
  },
  { default: {}, additionalProperties: false, description: 'Metrics for Prometheus' },
);
