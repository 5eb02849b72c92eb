import { decimalOf } from '../../src/core/decimal.js';
import { discount } from '../../src/transforms/discount.js';

describe('a discount', () => {
  it('stands right after the price and leaves every other field where it was, whatever its name', () => {
    const value = JSON.parse('{"category":"A","__proto__":1,"constructor":2,"price":0,"z":3}');
    value.price = decimalOf('10.00');
    const [result] = discount({ category: 'A', percent: 20 })(value, {} as never);
    expect(Object.keys(result ?? {})).toEqual(['category', '__proto__', 'constructor', 'price', 'discount_price', 'z']);
    expect(Object.getOwnPropertyDescriptor(result ?? {}, '__proto__')?.value).toBe(1);
    expect(result?.discount_price).toEqual(decimalOf('8.00'));
  });
});
