"""SQLAlchemy with mapped classes, a database in memory, sessions whose objects are loaded, and compiled statements."""

import sqlalchemy
from sqlalchemy import orm

import snapshot_dumper

Base = orm.declarative_base()


class User(Base):
    __tablename__ = "users"
    id = sqlalchemy.Column(sqlalchemy.Integer, primary_key=True)
    name = sqlalchemy.Column(sqlalchemy.String(50))
    orders = orm.relationship("Order", back_populates="user")


class Order(Base):
    __tablename__ = "orders"
    id = sqlalchemy.Column(sqlalchemy.Integer, primary_key=True)
    total = sqlalchemy.Column(sqlalchemy.Integer)
    user_id = sqlalchemy.Column(sqlalchemy.ForeignKey("users.id"))
    user = orm.relationship("User", back_populates="orders")


engine = sqlalchemy.create_engine("sqlite://")
Base.metadata.create_all(engine)
session = orm.sessionmaker(engine)()
for number in range(100):
    session.add(User(name="user %d" % number, orders=[Order(total=total) for total in range(3)]))
session.commit()
users = session.query(User).options(orm.joinedload(User.orders)).all()
rich = session.query(User).join(Order).filter(Order.total > 1).order_by(User.name)
rows = session.execute(sqlalchemy.text("select id, name from users")).fetchall()
names = [user.name for user in rich]
snapshot_dumper.dump("snap.json")
