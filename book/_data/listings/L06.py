# document 001, section 5.2
import numpy as np
import matplotlib.pyplot as plt
from sklearn.linear_model import LinearRegression

# 初始化模型参数
w = np.random.randn(1)

# 设置学习率
learning_rate = 0.01

# 设置训练数据
X = np.array([[1000], [2000], [3000]])
y = np.array([1500, 2500, 3000])

# 训练模型
model = LinearRegression()
model.fit(X, y)

# 计算预测房价
y_pred = model.predict(X)

# 计算损失函数值
loss = (y - y_pred)**2

# 计算梯度
dw = 2 * (y - y_pred) * X

# 更新模型参数
w -= learning_rate * dw

# 输出训练结果
print("训练完成，最终模型参数：w =", w)

# 可视化损失函数变化
plt.plot(loss)
plt.xlabel("迭代次数")
plt.ylabel("损失函数值")
plt.title("损失函数变化")
plt.show()
