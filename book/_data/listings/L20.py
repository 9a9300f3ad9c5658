# document 004, section 2.1
from sklearn.preprocessing import MinMaxScaler

# 创建归一化器
scaler = MinMaxScaler()

# 对数据进行归一化
data_scaled = scaler.fit_transform(data)
