import { type NativeClient, openNativeClient } from '@cloudstage/render-node/testing/native-client';

/** What the bench asks of the process of viewers; each request is answered under its id. */
export type ViewersRequest = { readonly id: number } & (
  | { readonly kind: 'open'; readonly count: number }
  | { readonly kind: 'start'; readonly answers: readonly string[] }
  | { readonly kind: 'received' }
);

/** Answer to a {@link ViewersRequest}. */
export interface ViewersAnswer {
  readonly id: number;
  readonly offers?: readonly string[];
  /** Bytes of video by viewer. */
  readonly bytes?: readonly number[];
  readonly error?: string;
}

/** Entry of the process: viewers that receive and decrypt, and neither decode nor show. Ends with its parent. */
function main(): void {
  let viewers: readonly NativeClient[] = [];
  const answerTo = async (request: ViewersRequest): Promise<Omit<ViewersAnswer, 'id'>> => {
    switch (request.kind) {
      case 'open':
        viewers = await Promise.all(Array.from({ length: request.count }, () => openNativeClient(true)));
        return { offers: viewers.map(({ offer }) => offer) };
      case 'start':
        for (const [index, answer] of request.answers.entries()) viewers[index]?.start(answer);
        return {};
      case 'received':
        return { bytes: viewers.map(({ received }) => received.bytes) };
    }
  };
  process.on('message', (request: ViewersRequest) => {
    const { id } = request;
    answerTo(request)
      .catch((error: unknown) => ({ error: String(error) }))
      .then((answer) => process.send?.({ id, ...answer }));
  });
  process.on('disconnect', () => {
    void Promise.all(viewers.map((viewer) => viewer.close())).finally(() => process.exit(0));
  });
}

main();
