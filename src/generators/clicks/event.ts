import { z } from 'zod';

/** 2106: up to here seconds times a million come out to the microsecond. Milliseconds since 1970 lie beyond it. */
const END_OF_TIME = 2 ** 32;

const toTheMicrosecond = (seconds: number): boolean => Math.round(seconds * 1e6) / 1e6 === seconds;

/** Somebody looked at a page. */
export const click = z.compile(
  z.strictObject({
    type: z.literal('CLICK'),
    user_id: z.string().regex(/^User_[1-9]\d{0,8}$/, 'must be User_ and a number'),
    page: z
      .string()
      .max(200)
      .regex(/^\/[!-~]*$/, 'must be a path such as /home'),
    timestamp: z
      .number()
      .positive()
      .lt(END_OF_TIME, 'must be seconds since 1970')
      .refine(toTheMicrosecond, 'must have at most six decimals'),
  }),
);

export type Click = Readonly<z.infer<typeof click>>;
