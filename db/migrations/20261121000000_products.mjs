// IF NOT EXISTS: a setup that was killed between this statement and knex's own bookkeeping runs it again.
export const up = (knex) =>
  knex.raw(`
    CREATE TABLE IF NOT EXISTS products (
      id INT UNSIGNED NOT NULL AUTO_INCREMENT,
      name VARCHAR(100) NOT NULL,
      category VARCHAR(50) NOT NULL,
      price DECIMAL(10,2) NOT NULL,
      last_updated TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
      PRIMARY KEY (id),
      KEY products_last_updated_id (last_updated, id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4
  `);

export const down = (knex) => knex.raw('DROP TABLE IF EXISTS products');
