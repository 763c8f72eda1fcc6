ALTER TABLE users ADD COLUMN deleted_at TIMESTAMPTZ;
COMMENT ON COLUMN users.deleted_at IS 'The account is gone for everybody: neither name nor password are left. What it had made is removed bit by bit, then the row.';
